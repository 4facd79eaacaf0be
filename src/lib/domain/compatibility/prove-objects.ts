import { made } from "./node.ts";
import { type Family, type Gap, gap } from "./proof.ts";
import { placeOf } from "./prove-values.ts";
import { possibleNames, schemasFor, shapesOf } from "./shapes.ts";

export const proveRequired: Family = (facts, reader, proof) => {
  if (!facts.kinds.has("object")) return [];
  const missing = reader.required.filter((name) => !facts.required.has(name));
  return missing.map((name) => {
    const reason = `${proof.writer} takes objects without "${name}", ${proof.reader} requires it`;
    const accepted = [`"${name}" left out of "required"`, `"${name}" in "required"`] as const;
    const at = reader.required.indexOf(name);
    const writerAt = placeOf(facts, ({ required }) => required.length > 0, "required");
    return gap(facts, { at: reader, keyword: `required/${at}` }, { proof, reason, accepted, ...writerAt });
  });
};

/** `dependentRequired` and `dependentSchemas`: asked only of objects that have the property. */
export const proveDependent: Family = (facts, reader, proof) => {
  if (!facts.kinds.has("object")) return [];
  const [origin] = facts.nodes;
  const having = (name: string) => [
    ...facts.nodes,
    made(origin ?? reader, { required: [name], kinds: new Set(["object"]) }),
  ];
  const names = Array.from(reader.dependentRequired, ([name, required]) => {
    const asked = made(reader, { required, pointer: reader.pointer });
    return proof.prove(having(name), asked).map((found) => ({ ...found, readerAt: reader.pointer }));
  });
  const schemas = Array.from(reader.dependentSchemas, ([name, schema]) => proof.prove(having(name), schema));
  return [...names, ...schemas].flat();
};

export const provePropertyNames: Family = (facts, reader, proof) => {
  const { propertyNames } = reader;
  if (propertyNames === undefined || !facts.kinds.has("object")) return [];
  const [origin = reader] = facts.nodes;
  const text = made(origin, { kinds: new Set(["string"]) });
  const known = [text, ...facts.nodes.flatMap((node) => node.propertyNames ?? [])];
  const found = proof.prove(known, propertyNames);
  if (found.length === 0 || everyNameFits()) return [];
  const reason = `${proof.writer} takes objects with property names that ${proof.reader} does not take: ${lower(found[0])}`;
  const accepted = ['no "propertyNames"', 'the same "propertyNames"'] as const;
  return [gap(facts, { at: reader, keyword: "propertyNames" }, { proof, reason, accepted })];

  /** Where the writer is closed its names are those that it lists, and those that its patterns match. */
  function everyNameFits(): boolean {
    const closed = shapesOf(facts.nodes).find(({ others }) => others.never);
    if (closed === undefined || propertyNames === undefined) return false;
    const listed = [...(possibleNames(facts.nodes) ?? closed.names.keys())].filter(
      (name) => !schemasFor(closed, name).some(({ never }) => never),
    );
    const values = listed.map((name) => made(origin, { values: [{ keyword: "const", list: [name] }] }));
    const patterns = Array.from(closed.patterns.keys(), (pattern) => made(origin, { pattern, kinds: text.kinds }));
    return [...values, ...patterns].every((names) => proof.prove([names, ...known], propertyNames).length === 0);
  }
};

function lower(found: Gap | undefined): string {
  const reason = found?.reason ?? "";
  return `${reason.charAt(0).toLowerCase()}${reason.slice(1, -1)}`;
}
