import { execFileSync } from "node:child_process";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { colourAllowed, PLAIN, paintFor, refuseColour } from "../../../src/lib/cli/colour.ts";
import { countText, perSText } from "../../../src/lib/cli/fields.ts";
import { plain } from "../../../src/lib/cli/plain.ts";
import { canAsk } from "../../../src/lib/cli/prompter.ts";
import { shellLine } from "../../../src/lib/cli/shell.ts";
import { suggestCommand } from "../../../src/lib/cli/suggest.ts";
import { bytesText } from "../../../src/lib/domain/bytes-text.ts";

const COMMANDS = [
  "help",
  "topic create",
  "topic list",
  "subscription lag",
  "subscription list",
  "dlq list",
  "dlq peek",
];

test.each([
  ["subscripton lga x", "subscription lag x"],
  ["subscription lagg", "subscription lag"],
  ["sub lag billing", "subscription lag billing"],
  ["subscriptions list", "subscription list"],
  ["lag billing", "subscription lag billing"],
  ["peek billing", "dlq peek billing"],
  ["topic craete orders", "topic create orders"],
  ["topic frobnicate", "topic --help"],
  ["tpoic", "topic --help"],
])("%s most likely meant %s", (typed, meant) => {
  expect(suggestCommand(typed.split(" "), COMMANDS)?.join(" ")).toBe(meant);
});

test.each(["frobnicate", "list", "x y"])("%s comes near to nothing, or to too much", (typed) => {
  expect(suggestCommand(typed.split(" "), COMMANDS)).toBeUndefined();
});

property.prop(
  [
    fc.array(
      fc.string({ unit: "binary" }).map((word) => word.replaceAll("\0", "")),
      { maxLength: 3 },
    ),
  ],
  { numRuns: 20 },
)("a quoted line is read back by the shell as the same words", (words) => {
  const read = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${shellLine(words)}`], { encoding: "utf8" });

  expect(read.split("\0").slice(0, -1)).toEqual(words.length === 0 ? [""] : words);
});

test.each([
  ["on a terminal", {}, true, true],
  ["NO_COLOR empty counts as not set", { NO_COLOR: "" }, true, true],
  ["NO_COLOR set", { NO_COLOR: "1" }, true, false],
  ["TERM=dumb", { TERM: "dumb" }, true, false],
  ["not a terminal", {}, false, false],
])("colour: %s", async (_what, env, isTTY, allowed) => {
  const paint = await paintFor({ isTTY }, env);

  expect(colourAllowed({ isTTY }, env)).toBe(allowed);
  expect(paint === PLAIN).toBe(!allowed);
  expect(paint.red("x")).toBe(allowed ? "\u001b[31mx\u001b[39m" : "x");
});

test("--no-color wins over FORCE_COLOR for every library that reads the environment", () => {
  const env: NodeJS.ProcessEnv = { FORCE_COLOR: "3" };

  refuseColour(env);

  expect(env).toEqual({ NO_COLOR: "1" });
});

test.each([
  ["two terminals", { in: true, err: true, env: {}, noInput: false }, true],
  ["CI empty", { in: true, err: true, env: { CI: "" }, noInput: false }, true],
  ["a piped stdin", { in: false, err: true, env: {}, noInput: false }, false],
  ["a piped stderr", { in: true, err: false, env: {}, noInput: false }, false],
  ["CI", { in: true, err: true, env: { CI: "true" }, noInput: false }, false],
  ["--no-input", { in: true, err: true, env: {}, noInput: true }, false],
])("asking with %s", (_what, { in: stdin, err, env, noInput }, asks) => {
  expect(canAsk({ stdin: { isTTY: stdin }, stderr: { isTTY: err }, env, noInput })).toBe(asks);
});

test("text from elsewhere is one line without control characters", () => {
  expect(plain("a\tb\r\nc\u001b[2Jd\u009be ü")).toBe("a b c\\x1b[2Jd\\x9be ü");
});

test.each([
  [null, "unknown"],
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_536, "1.5 KiB"],
  [67_108_864, "64.0 MiB"],
  [900 * 1024 ** 3, "900 GiB"],
  [5 * 1024 ** 5, "5120 TiB"],
])("%s bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0, "0/s"],
  [1 / 60, "1/min"],
  [0.0999, "6/min"],
  [0.1, "0.1/s"],
  [1_234.5, "1,235/s"],
])("a rate of %s is %s, and only none at all is 0", (perS, text) => {
  expect(perSText(perS)).toBe(text);
});

test("a count that nobody reports is unknown", () => {
  expect([countText(null), countText(0), countText(1_234_567)]).toEqual(["unknown", "0", "1,234,567"]);
});
