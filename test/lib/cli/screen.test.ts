import { expect, test } from "vitest";
import { openScreen } from "../../../src/lib/cli/screen.ts";

function opened(columns = 20, rows = 6) {
  const written: string[] = [];
  const terminal = { columns, rows, write: (text: string) => written.push(text) };
  const screen = openScreen(terminal);
  return { screen, terminal, written, last: () => written.at(-1) ?? "" };
}

test("each picture is drawn over the one before, with one write", () => {
  const { screen, written, last } = opened();

  screen.show("a\nb\n");
  screen.show("c\n");

  expect(written).toHaveLength(3);
  expect(last()).toBe("\u001b[2A\rc\u001b[K\n\u001b[J");
  screen.close();
});

test("the cursor is hidden meanwhile, and back afterwards, once", () => {
  const { screen, written } = opened();
  expect(written).toEqual(["\u001b[?25l"]);

  screen.close();
  screen.close();

  expect(written.slice(1)).toEqual(["\u001b[?25h"]);
  expect(process.listeners("exit").some(({ name }) => name === "close")).toBe(false);
});

test("a line that is too long goes on in the next row, colours do not count and do not leak", () => {
  const { screen, last } = opened(6);

  screen.show("\u001b[31mabcdefgh\u001b[39m\nplain");

  const rows = ["\u001b[31mabcde\u001b[0m", "\u001b[31mfgh\u001b[39m\u001b[0m", "plain"];
  expect(last()).toBe(`${rows.map((row) => `${row}\u001b[K\n`).join("")}\u001b[J`);
  screen.close();
});

test("what was drawn in two rows is drawn over in both", () => {
  const { screen, last } = opened(6);
  screen.show("abcdefgh");

  screen.show("a");

  expect(last()).toBe("\u001b[2A\ra\u001b[K\n\u001b[J");
  screen.close();
});

test("what is too high is left out at the bottom, so that the picture never scrolls", () => {
  const { screen, last } = opened(20, 3);

  screen.show("1\n2\n3\n4\n");

  expect(last().split("\n")).toHaveLength(3);
  screen.close();
});

test("a terminal that was made narrower has wrapped the lines: it goes back over all of them", () => {
  const { screen, terminal, last } = opened(20);
  screen.show(`${"x".repeat(15)}\ny`);
  terminal.columns = 8;

  screen.show("z");

  expect(last().startsWith("\u001b[3A\r")).toBe(true);
  screen.close();
});
