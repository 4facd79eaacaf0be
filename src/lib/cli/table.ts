import Table from "cli-table3";
import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";

export interface Column<T> {
  readonly head: string;
  readonly text: (item: T) => string;
  readonly align?: "right";
  /** Only with `-o wide`. */
  readonly wide?: true;
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** An empty cell would shift the columns of whoever splits at spaces. */
const NOTHING = "-";

/** Columns without lines, as other tools and `awk` expect them. The library colours heads on its own unless told not to. */
export function tableText<T>(items: readonly T[], columns: readonly Column<T>[], paint: Paint): string {
  const table = new Table({
    head: columns.map(({ head }) => paint.bold(head)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...items.map((item) => columns.map(({ text }) => plain(text(item)) || NOTHING)));
  return table.toString().replaceAll(/ +$/gm, "");
}
