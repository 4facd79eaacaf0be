const [HIDE_CURSOR, SHOW_CURSOR] = ["\u001b[?25l", "\u001b[?25h"];
const [CLEAR_LINE, CLEAR_BELOW, RESET] = ["\u001b[K", "\u001b[J", "\u001b[0m"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a terminal begins with one.
const PARTS = /\u001b\[[\d;]*m|[^\u001b]/gu;
const [COLUMNS, ROWS] = [80, 24];

/** A part of a terminal that is drawn over and over in its place. */
export interface Screen {
  /** Shows this instead of what it showed; a line that is too long goes on in the next row, and what is too high is left out at the bottom. */
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
      const all = text
        .replace(/\n$/, "")
        .split("\n")
        .flatMap((line) => rowsOf(line, Math.max(1, columns - 1)));
      const drawn = all.slice(0, Math.max(1, rows - 1));
      const height = shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
      const back = height === 0 ? "" : `\u001b[${height}A\r`;
      terminal.write(`${back}${drawn.map((row) => `${row.text}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`);
      shown = drawn.map(({ width }) => width);
    },
  };
}

interface Row {
  readonly text: string;
  readonly width: number;
}

/** The line as rows of that many characters: the end of a reason says what to do, so nothing is cut off. Each row has all that colours it. */
function rowsOf(line: string, widthMax: number): readonly Row[] {
  const rows: Row[] = [];
  let [text, width, colours] = ["", 0, ""];
  const end = () => rows.push({ text: colours === "" ? text : text + RESET, width });
  for (const [part] of line.matchAll(PARTS)) {
    const isColour = part.startsWith("\u001b");
    if (!isColour && width === widthMax) {
      end();
      [text, width] = [colours, 0];
    }
    text += part;
    if (isColour) colours += part;
    else width += 1;
  }
  end();
  return rows;
}
