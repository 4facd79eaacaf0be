import { expect, test } from "vitest";
import { pickScheduled } from "../../../../src/lib/cli/flows/pick-scheduled.ts";
import { scheduled } from "../../../commands/fixtures.ts";
import { script } from "./script.ts";

const list = (...ids: readonly string[]) => ({
  items: ids.map((id) => scheduled({ id, name: id })),
  total: ids.length,
  next: null,
});

test("a scheduled message is picked from those that wait", async () => {
  const { ask } = script(["o-3"]);

  const id = await pickScheduled({ topic: "orders", ask, waiting: async () => list("o-2", "o-3") });

  expect(id).toBe("o-3");
});

test("where none waits nothing is asked", async () => {
  const { ask, seen } = script([]);

  const picked = pickScheduled({ topic: "orders", ask, waiting: async () => list() });

  await expect(picked).rejects.toMatchObject({ message: 'No message of topic "orders" waits for its time.' });
  expect(seen).toEqual([]);
});
