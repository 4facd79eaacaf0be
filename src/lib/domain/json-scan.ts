/** What is wrong at an index of a JSON text. */
export interface JsonFault {
  readonly at: number;
  readonly message: string;
}

/** Told of each value of the text, parents first. `path` is reused: copy what is kept. */
export type VisitJson = (value: {
  readonly path: readonly string[];
  /** Index of the member's key; `undefined` for the root and for what stands in an array. */
  readonly keyAt: number | undefined;
  readonly at: number;
}) => void;

/** An open array or object. */
interface Frame {
  readonly close: "]" | "}";
  keyAt: number | undefined;
  index: number;
}

interface Nest {
  readonly frames: Frame[];
  /** One name a frame: the member's key or the element's index. */
  readonly path: string[];
}

/** Where the scan goes on, or why it cannot. */
type Step = number | JsonFault;

/**
 * Reads a text by the grammar of RFC 8259, as `JSON.parse` does, and gives the first fault; `undefined` when there is none.
 * Slower than `JSON.parse`, but it says where and what was expected, and it uses no call stack, whatever the depth.
 */
export function scanJson(text: string, depthMax: number, visit?: VisitJson): JsonFault | undefined {
  const nest: Nest = { frames: [], path: [] };
  let at = skipSpace(text, 0);
  for (;;) {
    const depth = nest.frames.length;
    const opens = text[at] === "[" || text[at] === "{";
    visit?.({ path: nest.path, keyAt: nest.frames[depth - 1]?.keyAt, at });
    if (opens && depth >= depthMax) return { at, message: `More than ${depthMax} levels of arrays and objects.` };
    const next = opens ? open(text, at, nest) : scanScalar(text, at);
    if (typeof next !== "number") return next;
    const following = nest.frames.length > depth ? next : follow(text, next, nest);
    if (typeof following !== "number") return following;
    at = following;
  }
}

/** To the first value inside, or past the closing bracket of what is empty. */
function open(text: string, at: number, nest: Nest): Step {
  const close = text[at] === "[" ? "]" : "}";
  const inside = skipSpace(text, at + 1);
  if (text[inside] === close) return inside + 1;
  nest.frames.push({ close, keyAt: undefined, index: 0 });
  nest.path.push("0");
  return close === "}" ? scanKey(text, inside, nest) : inside;
}

/** After a value: to the next one of the innermost open container; `undefined` at the end of the text. */
function follow(text: string, from: number, nest: Nest): Step | undefined {
  let at = skipSpace(text, from);
  for (let frame = nest.frames.at(-1); frame !== undefined; frame = nest.frames.at(-1)) {
    if (text[at] === ",") return nextMember(text, skipSpace(text, at + 1), { frame, nest });
    if (text[at] !== frame.close) return unexpected(text, at, `"," or "${frame.close}"`);
    nest.frames.pop();
    nest.path.pop();
    at = skipSpace(text, at + 1);
  }
  return at === text.length ? undefined : unexpected(text, at, "nothing more after the value");
}

function nextMember(text: string, at: number, { frame, nest }: { frame: Frame; nest: Nest }): Step {
  if (frame.close === "}") return scanKey(text, at, nest);
  frame.index += 1;
  nest.path[nest.path.length - 1] = String(frame.index);
  return at;
}

function scanKey(text: string, at: number, { frames, path }: Nest): Step {
  if (text[at] !== '"') return unexpected(text, at, "a key in double quotes");
  const end = scanString(text, at);
  if (typeof end !== "number") return end;
  const frame = frames.at(-1);
  if (frame !== undefined) frame.keyAt = at;
  path[path.length - 1] = String(JSON.parse(text.slice(at, end)));
  const colon = skipSpace(text, end);
  return text[colon] === ":" ? skipSpace(text, colon + 1) : unexpected(text, colon, '":" after the key');
}

function scanScalar(text: string, at: number): Step {
  const first = text[at] ?? "";
  if (first === '"') return scanString(text, at);
  if (first === "-" || isDigit(first)) return scanNumber(text, at);
  const word = ["true", "false", "null"].find((candidate) => text.startsWith(candidate, at));
  return word === undefined ? unexpected(text, at, "a value") : at + word.length;
}

function scanString(text: string, start: number): Step {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return { at, message: "A control character in a string; write it as an escape, such as \\n." };
    if (code !== 0x5c) continue;
    at += 1;
    const escaped = text[at];
    if (escaped === "u") {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5)))
        return unexpected(text, at + 1, "four hex digits after \\u");
      at += 4;
    } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) {
      return unexpected(text, at, 'one of " \\ / b f n r t u after a backslash');
    }
  }
  return { at: text.length, message: "The text ends inside a string." };
}

function scanNumber(text: string, start: number): Step {
  let at = text[start] === "-" ? start + 1 : start;
  if (!isDigit(text[at])) return unexpected(text, at, "a digit");
  if (text[at] === "0" && isDigit(text[at + 1])) return { at, message: "A number has no leading zeros." };
  at = skipDigits(text, at);
  if (text[at] === ".") {
    if (!isDigit(text[at + 1])) return unexpected(text, at + 1, "a digit after the point");
    at = skipDigits(text, at + 1);
  }
  if (text[at] !== "e" && text[at] !== "E") return at;
  at += text[at + 1] === "+" || text[at + 1] === "-" ? 2 : 1;
  return isDigit(text[at]) ? skipDigits(text, at) : unexpected(text, at, "a digit in the exponent");
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text[at])) at += 1;
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  return at;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

/** The word or the character that stands there, so that a reader finds it. */
function unexpected(text: string, at: number, expected: string): JsonFault {
  const word = /^[\p{L}\p{N}_]{1,20}/u.exec(text.slice(at, at + 40))?.[0];
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const found = at >= text.length ? "the end of the text" : JSON.stringify(word ?? character);
  const why = character === "\uFEFF" ? " (a byte order mark; leave it out)" : "";
  return { at, message: `Expected ${expected}, found ${found}${why}.` };
}
