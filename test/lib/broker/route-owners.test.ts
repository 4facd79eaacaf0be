import { expect, test } from "vitest";
import { routeOwners } from "../../../src/lib/broker/route-owners.ts";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { ownerHandler } from "../../conformance/fixtures.ts";
import { manualClock } from "../../support/manual-clock.ts";

/** Two parts over one engine, each writing down what it is asked. */
function parts() {
  const engine = memoryEngine({ clock: manualClock() });
  const heard: string[] = [];
  const ownersOf = routeOwners(engine.owners);
  const part = (name: string, prefix: string) => {
    const owners = ownersOf(prefix);
    owners.handle(
      ownerHandler({
        acquired: async ({ resource }) => void heard.push(`${name} acquired ${resource}`),
        released: async ({ resource }) => void heard.push(`${name} released ${resource}`),
      }),
    );
    return owners;
  };
  return { engine, heard, rest: part("rest", ""), schedules: part("schedules", "schedules/") };
}

test("each part owns what begins as it said, and the part without a beginning owns the rest", async () => {
  const { heard, rest, schedules, engine } = parts();

  await schedules.want("schedules/0");
  await rest.want("subscription-1");
  await rest.unwant("subscription-1");
  await engine.close();

  expect(heard).toEqual([
    "schedules acquired schedules/0",
    "rest acquired subscription-1",
    "rest released subscription-1",
    "schedules released schedules/0",
  ]);
});

test("what nobody owns is an error, and is not held", async () => {
  const engine = memoryEngine({ clock: manualClock() });
  const owners = routeOwners(engine.owners)("schedules/");

  await expect(owners.want("subscription-1")).rejects.toMatchObject({ code: "internal" });
});
