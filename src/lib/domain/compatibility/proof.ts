import type { Facts } from "./facts.ts";
import { keywordAt, type SchemaNode } from "./node.ts";

/** Why a value of the one schema may be refused by the other. */
export interface Gap {
  /** Where the schema that reads asks for what is not given. */
  readonly readerAt: string;
  /** Where the schema that writes allows it, or would have to forbid it. */
  readonly writerAt: string;
  readonly reason: string;
  /** What would be taken instead, in the schema that is new. */
  readonly accepted: string;
}

/** One comparison under way: whether everything that fits the schema of the writer fits the schema of the reader. */
export interface Proof {
  /** What the two are called, such as `version 3` and `the new schema`. */
  readonly writer: string;
  readonly reader: string;
  /** Which of the two can still be changed. */
  readonly readerIsNew: boolean;
  /** None when every value that fits all of `known` fits `reader`. */
  prove(known: readonly SchemaNode[], reader: SchemaNode): readonly Gap[];
  /** Whether it is certain that no value fits all of `known`. */
  impossible(known: readonly SchemaNode[]): boolean;
}

/** Proves one group of keywords of `reader`. */
export type Family = (facts: Facts, reader: SchemaNode, proof: Proof) => readonly Gap[];

interface Words {
  readonly reason: string;
  /** If the reader is the new schema, and if the writer is. */
  readonly accepted: readonly [readerIsNew: string, writerIsNew: string];
  /** The keyword of the writer, where it has another name or place. */
  readonly writerAt?: string;
}

/** A gap at a keyword of the reader. */
export function gap(
  { nodes }: Facts,
  { at, keyword }: { readonly at: SchemaNode; readonly keyword: string },
  { proof, reason, accepted, writerAt }: Words & { readonly proof: Proof },
): Gap {
  return {
    readerAt: keyword === "" ? at.pointer : keywordAt(at, keyword),
    writerAt: writerAt ?? nodes[0]?.pointer ?? "",
    reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    accepted: accepted[proof.readerIsNew ? 0 : 1],
  };
}
