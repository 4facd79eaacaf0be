import { expect, test } from "vitest";
import { createOpened } from "../../../src/lib/domain/opened.ts";

test("what was opened last is closed first, each once, and one that fails keeps no other open", async () => {
  const closed: string[] = [];
  const opened = createOpened();
  for (const part of ["engine", "broker", "server"]) {
    opened.add(part, async () => {
      closed.push(part);
      if (part !== "engine") throw new Error(`${part} does not close`);
    });
  }

  const both = await Promise.allSettled([opened.close(), opened.close()]);

  expect(closed).toEqual(["server", "broker", "engine"]);
  expect(both.map((each) => each.status === "rejected" && each.reason.message)).toEqual([
    "server does not close",
    "server does not close",
  ]);
});
