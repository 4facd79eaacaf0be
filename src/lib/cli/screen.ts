const [HIDE_CURSOR, SHOW_CURSOR] = ["\u001b[?25l", "\u001b[?25h"];
const [CLEAR_LINE, CLEAR_BELOW, RESET] = ["\u001b[K", "\u001b[J", "\u001b[0m"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a terminal begins with one.
const PARTS = /\u001b\[[\d;]*m|[^\u001b]/gu;
const [COLUMNS, ROWS] = [80, 24];

/** A part of a terminal that is drawn over and over in its place. */
export interface Screen {
  /** Shows this instead of what it showed; each line is cut to the width, and what is too high is left out at the bottom. */
  show(text: string): void;
  /** Leaves what is shown where it is, with the cursor below it. */
  close(): void;
}

type Terminal = Pick<NodeJS.WriteStream, "columns" | "rows"> & { write(text: string): unknown };

/** Draws with one write a time, and clears only what is drawn over: nothing flickers. The cursor is hidden until `close`. */
export function openScreen(terminal: Terminal): Screen {
  /** Widths of the lines on the screen: a terminal that was made narrower has wrapped them since. */
  let shown: readonly number[] = [];
  let open = true;
  terminal.write(HIDE_CURSOR);
  const close = () => {
    process.off("exit", close);
    if (open) terminal.write(SHOW_CURSOR);
    open = false;
  };
  process.on("exit", close);

  return {
    close,
    show: (text) => {
      const { columns = COLUMNS, rows = ROWS } = terminal;
      const lines = text
        .replace(/\n$/, "")
        .split("\n")
        .slice(0, Math.max(1, rows - 1));
      const cuts = lines.map((line) => cut(line, Math.max(1, columns - 1)));
      const height = shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
      const back = height === 0 ? "" : `\u001b[${height}A\r`;
      terminal.write(`${back}${cuts.map((one) => `${one.text}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`);
      shown = cuts.map(({ width }) => width);
    },
  };
}

/** The first `width` characters, with all that colours them. */
function cut(line: string, widthMax: number): { readonly text: string; readonly width: number } {
  let text = "";
  let width = 0;
  for (const [part] of line.matchAll(PARTS)) {
    if (part.startsWith("\u001b")) text += part;
    else if (width < widthMax) {
      text += part;
      width += 1;
    }
  }
  return { text: text.includes("\u001b") ? text + RESET : text, width };
}
