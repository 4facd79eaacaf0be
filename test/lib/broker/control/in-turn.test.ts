import { expect, it } from "vitest";
import { createInTurn } from "../../../../src/lib/broker/control/in-turn.ts";
import { deferred } from "../../../support/promises.ts";

it("runs one change after the other, in the order they came", async () => {
  const inTurn = createInTurn();
  const gate = deferred();
  const seen: string[] = [];
  const first = inTurn(async () => {
    seen.push("first begins");
    await gate.promise;
    seen.push("first ends");
  });
  const second = inTurn(async () => seen.push("second"));

  gate.resolve();
  await Promise.all([first, second]);

  expect(seen).toEqual(["first begins", "first ends", "second"]);
});

it("a change that fails does not hold up the next", async () => {
  const inTurn = createInTurn();
  const failing = inTurn(async () => {
    throw new Error("no");
  });

  await expect(failing).rejects.toThrow("no");
  expect(await inTurn(async () => 1)).toBe(1);
});

it("refuses what is more than may wait, and takes changes again afterwards", async () => {
  const inTurn = createInTurn(2);
  const gate = deferred();
  const running = [inTurn(() => gate.promise), inTurn(async () => undefined)];

  await expect(inTurn(async () => undefined)).rejects.toMatchObject({ code: "overloaded", retryAfterS: 1 });

  gate.resolve();
  await Promise.all(running);
  expect(await inTurn(async () => 1)).toBe(1);
});
