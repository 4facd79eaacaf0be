import { casesOf } from "./cases.ts";
import { type Facts, factsOf } from "./facts.ts";
import { ANYTHING, MADE, type SchemaNode } from "./node.ts";
import type { Family, Gap, Proof } from "./proof.ts";
import { proveContains, proveItems, proveUnique } from "./prove-arrays.ts";
import { proveBounds } from "./prove-bounds.ts";
import { proveAllOf, proveAnyOf, proveConditional, proveNot, proveOneOf } from "./prove-combined.ts";
import { proveDependent, provePropertyNames, proveRequired } from "./prove-objects.ts";
import { proveProperties } from "./prove-properties.ts";
import { proveMultiple, provePattern } from "./prove-scalars.ts";
import { finiteValues, proveEach, proveKinds, proveValues } from "./prove-values.ts";
import { schemasFor, shapesOf } from "./shapes.ts";

/** A comparison is given up after so many steps: the broker does nothing else meanwhile. */
const STEPS_MAX = 50_000;

const FAMILIES: readonly Family[] = [
  ...[proveKinds, proveValues, proveBounds, proveMultiple, provePattern, proveUnique, proveItems, proveContains],
  ...[proveRequired, proveDependent, provePropertyNames, proveProperties],
  ...[proveAllOf, proveAnyOf, proveOneOf, proveNot, proveConditional],
];
/** Those that hand all the facts on, so that cases are told apart further down. */
const HAND_ON: ReadonlySet<Family> = new Set([proveAllOf, proveConditional, proveDependent]);
/** Those in which another kind of value may fit another schema. */
const BY_KIND: ReadonlySet<Family> = new Set([proveAnyOf, proveOneOf, proveNot]);

type Names = Pick<Proof, "writer" | "reader" | "readerIsNew">;

/**
 * Proves that whatever fits one schema fits another. What it finds no gap in has none; a gap may be there only because the proof is
 * not found, and then says so.
 */
export function createProof(names: Names, stepsMax = STEPS_MAX): Proof {
  let steps = 0;
  const isExhausted = () => {
    steps += 1;
    return steps > stepsMax;
  };

  const proof: Proof = {
    ...names,
    prove(known, reader) {
      if (isExhausted()) return [tooMuch(names, reader)];
      const facts = factsOf(known);
      if (isGiven(facts, reader)) return [];
      const values = finiteValues(facts);
      if (values !== undefined) return proveEach(facts, values, { reader, proof });
      return distinct(FAMILIES.flatMap((family) => settle(facts, family, reader)));
    },
    impossible(known) {
      if (isExhausted()) return false;
      const facts = factsOf(known);
      if (facts.kinds.size === 0) return true;
      const values = finiteValues(facts);
      if (values !== undefined) return values.length === 0;
      return isContradictory(facts, proof);
    },
  };

  /** What cannot be proved at once may be, case by case. */
  function settle(facts: Facts, family: Family, reader: SchemaNode): readonly Gap[] {
    const gaps = family(facts, reader, proof);
    const cases = gaps.length === 0 || HAND_ON.has(family) ? undefined : casesOf(facts, BY_KIND.has(family));
    if (cases === undefined) return gaps;
    return cases.flatMap((known) => {
      if (isExhausted()) return [tooMuch(names, reader)];
      const inCase = factsOf(known);
      if (isGiven(inCase, reader)) return [];
      const values = finiteValues(inCase);
      return values === undefined ? settle(inCase, family, reader) : proveEach(inCase, values, { reader, proof });
    });
  }

  return proof;
}

function isGiven(facts: Facts, reader: SchemaNode): boolean {
  return facts.kinds.size === 0 || reader.id === ANYTHING.id || (reader.id !== MADE && facts.ids.has(reader.id));
}

/** By what the facts refuse, by a property that must be there and cannot, or in every case. */
function isContradictory(facts: Facts, proof: Proof): boolean {
  const { nodes, kinds, required } = facts;
  const isRefused = (node: SchemaNode) => {
    if (node.not === undefined) return false;
    const others = nodes.map((one) => (one === node ? { ...node, not: undefined } : one));
    return proof.prove(others, node.not).length === 0;
  };
  if (nodes.some(isRefused)) return true;
  if (kinds.size === 1 && kinds.has("object")) {
    const shapes = shapesOf(nodes);
    const isImpossible = (name: string) => proof.impossible(shapes.flatMap((shape) => schemasFor(shape, name)));
    if ([...required].some(isImpossible)) return true;
  }
  return casesOf(facts, true)?.every((known) => proof.impossible(known)) === true;
}

function tooMuch({ writer, reader }: Names, at: SchemaNode): Gap {
  return {
    readerAt: at.pointer,
    writerAt: "",
    reason: `It cannot be proved: ${writer} and ${reader} have too many alternatives to compare them all.`,
    accepted: 'fewer "anyOf", "oneOf" and "if" in each other',
  };
}

function distinct(gaps: readonly Gap[]): readonly Gap[] {
  return [...new Map(gaps.map((gap) => [`${gap.readerAt} ${gap.reason}`, gap])).values()];
}
