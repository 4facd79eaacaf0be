import { type Document, isScalar, visit } from "yaml";
import { keyName, startOf } from "./locate.ts";
import type { ConfigProblem, Place } from "./problem.ts";

/** Every key that its map already has: the reader would lose one of the two values without a word. */
export function duplicateKeys(
  file: string,
  doc: Document.Parsed,
  place: (offset: number) => Place,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(doc, {
    Map: (_, map) => {
      const firstAt = new Map<string, number>();
      for (const pair of map.items) {
        const name = keyName(pair);
        const offset = startOf(pair.key);
        if (name === undefined || offset === undefined || !isScalar(pair.key)) continue;
        const first = firstAt.get(name);
        if (first === undefined) firstAt.set(name, offset);
        else problems.push(duplicate({ file, name, first: place(first) }, place(offset)));
      }
    },
  });
  return problems;
}

function duplicate(key: { file: string; name: string; first: Place }, at: Place): ConfigProblem {
  return {
    file: key.file,
    ...at,
    path: key.name,
    severity: "error",
    message: `The key ${JSON.stringify(key.name)} stands here a second time; the first is on line ${key.first.line}.`,
    fix: "Keep one of the two.",
  };
}
