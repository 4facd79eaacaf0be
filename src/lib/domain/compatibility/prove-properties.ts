import type { Facts } from "./facts.ts";
import { ANYTHING, type SchemaNode } from "./node.ts";
import { patternMatches } from "./patterns.ts";
import { type Family, type Gap, gap, type Proof } from "./proof.ts";
import { possibleNames, type Shape, schemasFor, schemasForUnknown, shapesOf } from "./shapes.ts";

/** `properties`, `patternProperties`, `additionalProperties` and `unevaluatedProperties`, name by name. */
export const proveProperties: Family = (facts, reader, proof) => {
  if (!facts.kinds.has("object")) return [];
  const asked = [
    { names: reader.properties, patterns: reader.patterns, others: reader.otherProperties ?? ANYTHING },
    ...unevaluated(reader),
  ];
  return asked.flatMap((shape) => proveShape({ facts, reader, proof, asked: shape, given: shapesOf(facts.nodes) }));
};

/** No fewer than the properties that nothing evaluates: what evaluates only sometimes is not counted on. */
function unevaluated(reader: SchemaNode): readonly Shape[] {
  const { unevaluatedProperties } = reader;
  if (unevaluatedProperties === undefined) return [];
  const always = alwaysWith(reader);
  if (always.some(({ otherProperties }) => otherProperties !== undefined)) return [];
  if (always.some((node) => node !== reader && node.unevaluatedProperties !== undefined)) return [];
  const free = (names: readonly string[]) => new Map(names.map((name) => [name, ANYTHING]));
  return [
    {
      names: free(always.flatMap(({ properties }) => [...properties.keys()])),
      patterns: free(always.flatMap(({ patterns }) => [...patterns.keys()])),
      others: unevaluatedProperties,
    },
  ];
}

function alwaysWith(node: SchemaNode): readonly SchemaNode[] {
  return [node, ...node.allOf.flatMap(alwaysWith)];
}

interface Comparison {
  readonly facts: Facts;
  readonly reader: SchemaNode;
  readonly proof: Proof;
  readonly asked: Shape;
  readonly given: readonly Shape[];
}

function proveShape(comparison: Comparison): readonly Gap[] {
  const { facts, asked, given } = comparison;
  const only = possibleNames(facts.nodes);
  const names = only ?? new Set([...asked.names.keys(), ...given.flatMap((shape) => [...shape.names.keys()])]);
  const gaps = [...names].flatMap((name) => proveName(comparison, name));
  return only === undefined ? [...gaps, ...proveUnknown(comparison)] : gaps;
}

function proveName(comparison: Comparison, name: string): readonly Gap[] {
  const { facts, asked, given, proof } = comparison;
  const known = given.flatMap((shape) => schemasFor(shape, name));
  const isNamed = given.some(
    ({ names, patterns }) => names.has(name) || [...patterns.keys()].some((pattern) => patternMatches(pattern, name)),
  );
  const schemas = schemasFor(asked, name).filter((schema) => schema.id !== ANYTHING.id);
  const found = schemas.flatMap((schema) => proof.prove(orAnything(known, facts), schema));
  if (found.length === 0) return [];
  if (schemas.includes(asked.others) && asked.others.never) return [unnamedGap(comparison, name, known[0])];
  return isNamed || !known.every(asksNothing) ? found : [openGap(comparison, name, schemas[0])];
}

/** The writer names a property that the reader, which is closed, does not. */
function unnamedGap({ facts, proof, reader }: Comparison, name: string, named: SchemaNode | undefined): Gap {
  const keyword = reader.otherProperties === undefined ? "unevaluatedProperties" : "additionalProperties";
  const reason = `${proof.writer} takes objects with "${name}", ${proof.reader} takes no property that it does not name`;
  const accepted = [`"${name}" in "properties"`, `no "${name}"`] as const;
  const writerAt = named === undefined ? {} : { writerAt: named.pointer };
  return gap(facts, { at: reader, keyword }, { proof, reason, accepted, ...writerAt });
}

/** Names that neither side has: those that a pattern of the reader matches, then all others. */
function proveUnknown({ facts, reader, proof, asked, given }: Comparison): readonly Gap[] {
  const none = new Set<string>();
  const matched = Array.from(asked.patterns, ([matches, schema]) => {
    const known = given.flatMap((shape) => schemasForUnknown(shape, { matches, without: none }));
    return proof.prove(orAnything(known, facts), schema);
  });
  const without = new Set(asked.patterns.keys());
  const known = given.flatMap((shape) => schemasForUnknown(shape, { without }));
  const others = proof.prove(orAnything(known, facts), asked.others);
  if (others.length === 0 || !known.every(asksNothing)) return [...matched.flat(), ...others];
  return [...matched.flat(), closedGap({ facts, reader, proof, asked, given })];
}

function orAnything(known: readonly SchemaNode[], { nodes: [origin = ANYTHING] }: Facts): readonly SchemaNode[] {
  return known.length > 0 ? known : [{ ...ANYTHING, pointer: origin.pointer }];
}

function asksNothing({ id, anyOf }: SchemaNode): boolean {
  return id === ANYTHING.id || anyOf?.some(asksNothing) === true;
}

/** The reader says something of a property of which the writer, which is open, says nothing. */
function openGap({ facts, proof, reader }: Comparison, name: string, schema: SchemaNode | undefined): Gap {
  const reason =
    `${proof.writer} says nothing of "${name}" and takes any other property, as it has no "additionalProperties": false; ` +
    `so it takes a "${name}" with any value, and ${proof.reader} only some`;
  const accepted = [
    `"${name}": true, which says nothing of its value`,
    `what ${proof.reader} says of "${name}", kept`,
  ] as const;
  const at = schema === undefined ? { at: reader, keyword: "" } : { at: schema, keyword: "" };
  return gap(facts, at, { proof, reason, accepted });
}

/** The reader closes what the writer leaves open. */
function closedGap({ facts, proof, reader }: Comparison): Gap {
  const keyword = reader.otherProperties === undefined ? "unevaluatedProperties" : "additionalProperties";
  const reason =
    `${proof.writer} takes properties that it does not name, as it has no "additionalProperties": false; ` +
    `${proof.reader} does not take all of those`;
  const accepted = [`no "${keyword}"`, `"${keyword}" as ${proof.reader} has it`] as const;
  return gap(facts, { at: reader, keyword }, { proof, reason, accepted });
}
