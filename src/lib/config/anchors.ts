import { type Document, isAlias, isMap, isSeq, type Node, visit } from "yaml";
import { keyName, startOf } from "./locate.ts";

export interface AnchorFault {
  readonly offset: number;
  readonly message: string;
  readonly fix: string;
}

const UNQUOTED_STAR = {
  message: "A value that starts with * is the name of an anchor, and no anchor of this name stands above it.",
  fix: 'Quote the value, for instance schedule: "*/5 * * * *".',
};
const NOT_MERGEABLE = {
  message: "<< merges something that is no mapping.",
  fix: "Let << name the anchor of a mapping, or a list of such anchors.",
};

/**
 * Aliases of nothing and merges of what cannot be merged, at most `countMax` of them. The parser itself complains about an
 * unquoted `*` (as cron has it) at every place but there.
 */
export function anchorFaults(doc: Document.Parsed, countMax: number): readonly AnchorFault[] {
  const anchors = new Map<string, Node>();
  const faults: AnchorFault[] = [];
  const add = (node: unknown, words: typeof UNQUOTED_STAR) => {
    faults.push({ offset: startOf(node) ?? 0, ...words });
    return faults.length < countMax ? undefined : visit.BREAK;
  };
  const remember = (_: unknown, node: Node & { anchor?: string | undefined }) => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(doc, {
    Collection: remember,
    Scalar: remember,
    Alias: (_, alias) => (anchors.has(alias.source) ? undefined : add(alias, UNQUOTED_STAR)),
    Pair: (_, pair) => {
      if (keyName(pair) !== "<<") return undefined;
      const target = (node: unknown) => (isAlias(node) ? anchors.get(node.source) : node);
      const value = target(pair.value);
      const sources = isSeq(value) ? value.items.map(target) : [value];
      // An unknown anchor is said by itself.
      return sources.every((source) => source === undefined || isMap(source))
        ? undefined
        : add(pair.key, NOT_MERGEABLE);
    },
  });
  return faults;
}
