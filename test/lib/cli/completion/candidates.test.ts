import { expect, test } from "vitest";
import { type CompletedCommand, candidatesFor } from "../../../../src/lib/cli/completion/candidates.ts";

const flags = {
  topic: { type: "option" },
  file: { type: "option" },
  env: { type: "option" },
  output: { type: "option", char: "o", options: ["table", "wide", "json"] },
  filter: { type: "option", multiple: true },
  json: { type: "boolean", description: "As JSON." },
  secret: { type: "boolean", hidden: true },
} as const;

const command = (id: string, args: CompletedCommand["args"] = {}): CompletedCommand => ({
  id,
  summary: `Does ${id}.`,
  args,
  flags,
});

const COMMANDS = [
  command("completion", { shell: { options: ["bash", "zsh"] } }),
  { ...command("complete"), hidden: true },
  command("topic:list"),
  command("topic:describe", { name: {} }),
  command("topic:create", { name: {} }),
  command("topic:import", { name: {} }),
  command("schema:create", { topic: {} }),
  command("subscription:lag", { name: {} }),
  command("subscription:rewind", { name: {}, hours: {} }),
  command("dlq:list", { name: {} }),
  command("connector:describe", { name: {} }),
  command("connector:create", { name: {} }),
  { ...command("broker:import", { file: {} }), flags: { output: { type: "option" } } },
] satisfies CompletedCommand[];

/** What a shell would show for a line that ends at the cursor. */
function shown(line: string): string[] | string {
  const found = candidatesFor(line.split(" "), COMMANDS);
  if (found.kind === "words") return found.words.map(({ word }) => word);
  return found.kind === "files" ? "files" : `${found.of}s with ${found.start}`;
}

test.each([
  ["", ["completion", "topic", "schema", "subscription", "dlq", "connector", "broker"]],
  ["sub", ["subscription"]],
  ["topic ", ["list", "describe", "create", "import"]],
  ["topic l", ["list"]],
  ["topic list ", []],
  ["nothing ", []],
  ["completion ", ["bash", "zsh"]],
])("%j completes commands: %j", (line, words) => {
  expect(shown(line)).toEqual(words);
});

test.each([
  ["topic list --", ["--topic", "--file", "--env", "--output", "--filter", "--json"]],
  ["topic list --json --o", ["--output"]],
  ["topic list --json --j", []],
  ["topic list --filter a=b --fi", ["--file", "--filter"]],
  ["topic list -o ", ["table", "wide", "json"]],
  ["topic list --output w", ["wide"]],
  ["topic list --output=w", ["--output=wide"]],
  ["topic list --output = w", ["wide"]],
  ["topic list --output =", ["table", "wide", "json"]],
  ["topic list --env ", []],
  ["topic list --file ", "files"],
  ["broker import ", "files"],
  ["broker import --output ", "files"],
])("%j completes flags and their values: %j", (line, words) => {
  expect(shown(line)).toEqual(words);
});

test.each([
  ["topic describe or", "topics with or"],
  ["topic import pa", "importable topics with pa"],
  ["schema create ", "topics with "],
  ["subscription lag b", "subscriptions with b"],
  ["dlq list --json b", "subscriptions with b"],
  ["subscription lag --env dev b", "subscriptions with b"],
  ["subscription lag billing ", []],
  ["subscription rewind billing ", []],
  ["connector describe s", "connectors with s"],
  ["connector create s", []],
  ["topic create n", []],
  ["topic list --topic o", "topics with o"],
])("%j completes names where there is one to be named: %j", (line, names) => {
  expect(shown(line)).toEqual(names);
});

test("a command and a flag come with what they do", () => {
  expect(candidatesFor(["completion"], COMMANDS)).toEqual({
    kind: "words",
    words: [{ word: "completion", about: "Does completion." }],
  });
  expect(candidatesFor(["topic", "list", "--js"], COMMANDS)).toEqual({
    kind: "words",
    words: [{ word: "--json", about: "As JSON." }],
  });
});
