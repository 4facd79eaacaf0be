import { expect, test } from "vitest";
import { type Consent, confirmed } from "../../../src/lib/cli/confirm.ts";
import { script } from "./flows/script.ts";

const act = { name: "orders", does: ["Deletes topic orders and its 3 messages."], question: "Delete topic orders?" };
const line = ["kbroker", "topic", "delete", "orders"];

function consent(given: Partial<Consent>) {
  const told: string[] = [];
  const tell = (text: string) => told.push(text);
  return {
    told,
    consent: { yes: false, confirm: undefined, isProtected: false, ask: undefined, line, tell, ...given },
  };
}

const NOTHING = { code: "not_confirmed" };

test("a destructive act says what it will do and asks, default No", async () => {
  const { ask, seen } = script([""]);
  const { told, consent: given } = consent({ ask });

  const outcome = confirmed(act, given);

  await expect(outcome).rejects.toMatchObject({ ...NOTHING, message: "Not confirmed: nothing was changed." });
  expect([told, seen]).toEqual([act.does, ["Delete topic orders?"]]);
});

test("a yes goes on, and the line without questions has --yes", async () => {
  const { ask } = script([true]);

  expect(await confirmed(act, consent({ ask }).consent)).toEqual({ asked: true, flag: ["--yes"] });
});

test("--yes answers: what will be done is said, nothing is asked", async () => {
  const { ask, seen } = script([]);
  const { told, consent: given } = consent({ ask, yes: true });

  expect(await confirmed(act, given)).toEqual({ asked: false, flag: ["--yes"] });
  expect([told, seen]).toEqual([act.does, []]);
});

test("where nobody can be asked the refusal names the flag and the line that has it", async () => {
  const outcome = confirmed(act, consent({}).consent);

  await expect(outcome).rejects.toMatchObject({
    ...NOTHING,
    message: "This needs --yes, since nobody can be asked: nothing was changed.",
    hint: "kbroker topic delete orders --yes",
  });
});

test("in a protected environment the name must be typed; another one is asked for again", async () => {
  const { ask, seen } = script(["order", "orders"]);

  const { flag } = await confirmed(act, consent({ ask, isProtected: true }).consent);

  expect(flag).toEqual(["--confirm", "orders"]);
  expect(seen).toEqual([
    "Delete topic orders? This environment is protected. Type orders to go on:",
    "✗ Type orders to go on, or nothing to stop.",
    "Delete topic orders? This environment is protected. Type orders to go on:",
  ]);
});

test("in a protected environment nothing typed is a no", async () => {
  const { ask } = script([""]);

  await expect(confirmed(act, consent({ ask, isProtected: true }).consent)).rejects.toMatchObject(NOTHING);
});

test("in a protected environment --yes alone is not enough: the name is typed all the same, or --confirm is asked for", async () => {
  const { ask, seen } = script(["orders"]);

  await confirmed(act, consent({ ask, isProtected: true, yes: true }).consent);
  const unasked = confirmed(act, consent({ isProtected: true, yes: true }).consent);

  expect(seen).toHaveLength(1);
  await expect(unasked).rejects.toMatchObject({
    ...NOTHING,
    message: "This environment is protected, so --yes is not enough: nothing was changed.",
    hint: "kbroker topic delete orders --confirm orders",
  });
});

test.each([true, false])("--confirm with the name answers where protected is %s", async (isProtected) => {
  expect(await confirmed(act, consent({ isProtected, confirm: "orders" }).consent)).toMatchObject({ asked: false });
});

test.each([true, false])(
  "--confirm with another name refuses where protected is %s, whatever --yes says",
  async (isProtected) => {
    const outcome = confirmed(act, consent({ isProtected, confirm: "order", yes: true }).consent);

    await expect(outcome).rejects.toMatchObject({
      ...NOTHING,
      message: '--confirm names "order", not orders: nothing was changed.',
      hint: "kbroker topic delete orders --confirm orders",
    });
  },
);

test("what is said cannot steer the terminal", async () => {
  const { told, consent: given } = consent({ yes: true });

  await confirmed({ ...act, does: ["Deletes \u001b[2J."] }, given);

  expect(told).toEqual(["Deletes \\x1b[2J."]);
});
