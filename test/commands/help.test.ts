import { expect, test } from "vitest";
import { commands } from "./all.ts";

const shown = commands.filter(({ command }) => !command.hidden);

test.each(shown)("$name says what it does, with examples that call it", ({ command }) => {
  const { summary, examples = [] } = command;

  expect(summary).toMatch(/^[A-Z].+\.$/);
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    expect(typeof example === "string" ? example : example.command).toContain("<%= command.id %>");
  }
});

test.each(commands)("no argument of $name is filled from stdin, and each flag is described", ({ command }) => {
  for (const arg of Object.values(command.args)) expect(arg).toMatchObject({ ignoreStdin: true });
  for (const flag of Object.values({ ...command.flags, ...command.baseFlags })) {
    expect(flag.description).toMatch(/^[A-Z].+\.$/);
  }
});
