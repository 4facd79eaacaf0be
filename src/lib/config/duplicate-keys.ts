import { type Document, isPair, isScalar, isSeq, visit } from "yaml";
import { keyName, startOf } from "./locate.ts";
import { type ConfigProblem, type Path, type Place, pathText } from "./problem.ts";

/** Every key that its map already has: the reader would lose one of the two values without a word. */
export function duplicateKeys(
  file: string,
  doc: Document.Parsed,
  place: (offset: number) => Place,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(doc, {
    Map: (_, map, ancestors) => {
      const firstAt = new Map<string, number>();
      for (const pair of map.items) {
        const name = keyName(pair);
        const offset = startOf(pair.key);
        if (name === undefined || offset === undefined || !isScalar(pair.key)) continue;
        const first = firstAt.get(name);
        if (first === undefined) firstAt.set(name, offset);
        else
          problems.push(
            duplicate({ file, path: pathTo([...ancestors, map], name), first: place(first) }, place(offset)),
          );
      }
    },
  });
  return problems;
}

function duplicate({ file, path, first }: { file: string; path: Path; first: Place }, at: Place): ConfigProblem {
  return {
    file,
    ...at,
    path: pathText(path),
    severity: "error",
    message: `The key ${JSON.stringify(path.at(-1))} stands here a second time; the first is on line ${first.line}.`,
    fix: "Keep one of the two.",
  };
}

function pathTo(ancestors: readonly unknown[], name: string): Path {
  const segments = ancestors.flatMap((node, index) => {
    if (isPair(node)) return keyName(node) ?? [];
    return isSeq(node) ? node.items.indexOf(ancestors[index + 1]) : [];
  });
  return [...segments, name];
}
