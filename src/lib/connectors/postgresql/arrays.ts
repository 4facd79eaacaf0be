import type { Render } from "./values.ts";

/**
 * From an array literal, as `array_out` writes it, to a JSON array; elements by their own type. Lower bounds are left out.
 *
 * Written here because the `postgres-array` package takes a comma for every type's delimiter: boxes, which have a semicolon, come apart.
 */
export function arrayRenderer(element: Render, delimiter: string): Render {
  return (literal) => {
    let at = literal.startsWith("[") ? literal.indexOf("=") + 1 : 0;
    if (literal[at] !== "{" || !literal.endsWith("}")) throw new Error("A value of an array type is no array literal.");
    let json = "";
    while (at < literal.length) {
      const character = literal[at] ?? "";
      const structure = character === delimiter ? "," : STRUCTURE[character];
      if (structure !== undefined) {
        json += structure;
        at += 1;
        continue;
      }
      const end = character === '"' ? endOfQuoted(literal, at) : endOfPlain(literal, at, delimiter);
      const text = literal.slice(at, end);
      json += text === "NULL" ? "null" : element(character === '"' ? unquoted(text) : text);
      at = end;
    }
    return json;
  };
}

const STRUCTURE: Readonly<Record<string, string>> = { "{": "[", "}": "]" };

/** Behind the closing quote. */
function endOfQuoted(literal: string, start: number): number {
  let at = start + 1;
  while (at < literal.length && literal[at] !== '"') at += literal[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** What stands without quotes holds neither braces nor its delimiter. */
function endOfPlain(literal: string, start: number, delimiter: string): number {
  let at = start;
  while (at < literal.length && literal[at] !== delimiter && literal[at] !== "}") at += 1;
  return at;
}

function unquoted(text: string): string {
  const inside = text.slice(1, -1);
  return inside.includes("\\") ? inside.replace(/\\(.)/gs, "$1") : inside;
}
