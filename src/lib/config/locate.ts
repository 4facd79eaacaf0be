import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap } from "yaml";
import type { Path, Segment } from "./problem.ts";

export type Part = "key" | "value";

/** Anchors that lead to anchors are followed this many times; a cycle ends there. */
const HOPS_MAX = 20;

/** The offset of what stands at a path. It follows anchors and merge keys, so the place is where the value is written. */
export function locator(doc: Document.Parsed): (path: Path, part: Part) => number {
  return (path, part) => {
    let node: unknown = doc.contents;
    let offset = startOf(node) ?? 0;
    for (const [index, segment] of path.entries()) {
      const step = child(doc, resolved(doc, node), segment);
      if (step === undefined) return offset;
      const key = startOf(step.key);
      const value = startOf(step.value);
      const last = index === path.length - 1;
      offset = (last && part === "key" ? key : value) ?? key ?? offset;
      node = step.value;
    }
    return offset;
  };
}

interface Step {
  readonly key: unknown;
  readonly value: unknown;
}

function child(doc: Document.Parsed, node: unknown, segment: Segment): Step | undefined {
  if (isSeq(node) && typeof segment === "number") return { key: undefined, value: node.items[segment] };
  if (isMap(node)) return pairOf(doc, node, String(segment), HOPS_MAX);
  return undefined;
}

function pairOf(doc: Document.Parsed, map: YAMLMap, name: string, hops: number): Step | undefined {
  const own = map.items.filter(isPair).findLast((pair) => keyName(pair) === name);
  if (own !== undefined) return own;
  if (hops === 0) return undefined;
  for (const source of map.items.filter((pair) => keyName(pair) === "<<").flatMap((pair) => mergedMaps(doc, pair))) {
    const pair = pairOf(doc, source, name, hops - 1);
    if (pair !== undefined) return pair;
  }
  return undefined;
}

function mergedMaps(doc: Document.Parsed, pair: Pair): YAMLMap[] {
  const source = resolved(doc, pair.value);
  const parts = isSeq(source) ? source.items.map((item) => resolved(doc, item)) : [source];
  return parts.filter(isMap);
}

function resolved(doc: Document.Parsed, node: unknown): unknown {
  let target = node;
  for (let hop = 0; hop < HOPS_MAX && isAlias(target); hop += 1) target = target.resolve(doc);
  return target;
}

/** The parser gives a merge key as a symbol. */
export function keyName(pair: Pair): string | undefined {
  if (!isScalar(pair.key)) return undefined;
  const { value } = pair.key;
  return typeof value === "symbol" ? value.description : String(value);
}

export function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === "number" ? node.range[0] : undefined;
}
