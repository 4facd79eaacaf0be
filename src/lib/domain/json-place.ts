import { scanJson } from "./json-scan.ts";

/** Both count from 1; a column is one Unicode character, a tab is one, too. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let next = before.indexOf("\n"); next !== -1; next = before.indexOf("\n", next + 1)) line += 1;
  return { line, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** RFC 6901; the root is the empty string. */
export function pointerOf(path: readonly string[]): string {
  return path.map((name) => `/${escapeName(name)}`).join("");
}

function escapeName(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Where a JSON text holds the value of a pointer, and the key in front of it. */
export interface Located {
  readonly value: Place;
  /** Of a member of an object: where its key stands. */
  readonly key: Place | undefined;
}

/** Places of `pointers` in a valid JSON text; of a key that is there twice the last one, as that is the one that counts. */
export function locate(text: string, pointers: ReadonlySet<string>): ReadonlyMap<string, Located> {
  const found = new Map<string, Located>();
  const lastNames = new Set(Array.from(pointers, (pointer) => pointer.slice(pointer.lastIndexOf("/") + 1)));
  scanJson(text, Number.POSITIVE_INFINITY, ({ path, keyAt, at }) => {
    // Building a pointer for each of a deep text's values would cost depth × values.
    if (!lastNames.has(escapeName(path.at(-1) ?? ""))) return;
    const pointer = pointerOf(path);
    if (!pointers.has(pointer)) return;
    found.set(pointer, {
      value: placeOf(text, at),
      key: keyAt === undefined ? undefined : placeOf(text, keyAt),
    });
  });
  return found;
}
