import { expect, test } from "vitest";
import { applyPlan } from "../../../../src/lib/cli/moving/apply.ts";
import { planImport } from "../../../../src/lib/cli/moving/import.ts";
import { parseSetup } from "../../../../src/lib/cli/moving/read-file.ts";
import { type AdminClient, adminClient } from "../../../../src/lib/client/admin.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { startBroker } from "../../../e2e/http.ts";

const FILE = `version: 1
topics:
  - {name: orders, ttl: 3d}
  - {name: clicks, visibility: public, schema: "true"}
subscriptions:
  - {name: alarm, topic: shared_errors, endpoint: http://h/, deadLetterTtl: 3d}
  - {name: stock, topic: clicks, endpoint: http://h/, deadLetterTopic: shared_errors}
  - {name: billing, topic: orders, endpoint: http://h/, state: paused, deadLetterTopic: shared_errors, deadLetterTtl: 2d}
`;
const CREATIONS = 5;

/** Ends at that creation: before it reaches the broker, or once the broker has made it and nobody hears of it. */
function fallingAt(admin: AdminClient, at: number, when: "before" | "after"): AdminClient {
  let left = at;
  return {
    ...admin,
    call: async (route, request) => {
      const creates = route.endsWith("Create") && !JSON.stringify(request?.body).includes('"dryRun":true');
      if (creates) left -= 1;
      const falls = creates && left === 0;
      if (falls && when === "before") throw new KBrokerError("broker_unreachable", "It fell.");
      const reply = await admin.call(route, request);
      if (falls) throw new KBrokerError("broker_unreachable", "It fell.");
      return reply;
    },
  };
}

async function importWith(admin: AdminClient): Promise<void> {
  const setup = parseSetup("broker.yaml", new TextEncoder().encode(FILE));
  const plan = await planImport(setup, { admin, from: "latest", paused: false, where: [] });
  await applyPlan(plan, { admin, from: "latest", tell: () => undefined });
}

test.each(
  Array.from({ length: CREATIONS }, (_, index) => index + 1).flatMap((at) => [
    { at, when: "before" as const },
    { at, when: "after" as const },
  ]),
)("an import that fell $when creation $at does the rest when it is run again", async ({ at, when }) => {
  const broker = await startBroker();
  const admin = adminClient({ adminUrl: broker.url, inboxUrl: broker.url });

  const fallen = importWith(fallingAt(admin, at, when));
  await expect(fallen).rejects.toMatchObject({ code: "broker_unreachable", message: expect.stringContaining("rest") });
  await importWith(admin);

  const topics = (await admin.call("topicList")).items.map(({ name, ttlMs }) => `${name} ${ttlMs / 86_400_000}d`);
  const subscriptions = (await admin.call("subscriptionList")).items.map(({ name, state }) => `${name} ${state}`);
  expect(topics).toEqual(["alarm_errors 3d", "clicks 7d", "orders 3d", "shared_errors 2d"]);
  expect(subscriptions).toEqual(["alarm active", "billing paused", "stock active"]);
  await expect(importWith(fallingAt(admin, 1, "before"))).resolves.toBeUndefined();
  await admin.close();
});
