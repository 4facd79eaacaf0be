import type { Facts } from "./facts.ts";
import { type Family, gap } from "./proof.ts";
import { placeOf } from "./prove-values.ts";

/** `multipleOf`, compared as the decimals that are written: the tolerance that the validator has for arithmetic is left out of account. */
export const proveMultiple: Family = (facts, reader, proof) => {
  const { multipleOf } = reader;
  const { kinds } = facts;
  if (multipleOf === undefined || !(kinds.has("integer") || kinds.has("fraction")) || isMultiple(facts, multipleOf))
    return [];
  const reason = `${proof.writer} takes numbers that are no multiples of ${multipleOf}, ${proof.reader} does not`;
  const accepted = [
    'no "multipleOf", or one that divides the earlier one',
    `"multipleOf" ${multipleOf}, or a multiple of it`,
  ] as const;
  const writerAt = placeOf(facts, (node) => node.multipleOf !== undefined, "multipleOf");
  return [gap(facts, { at: reader, keyword: "multipleOf" }, { proof, reason, accepted, ...writerAt })];
};

function isMultiple({ nodes, kinds }: Facts, of: number): boolean {
  const known = nodes.flatMap(({ multipleOf }) => multipleOf ?? []);
  const steps = kinds.has("fraction") ? known : [1, ...known];
  return steps.some((step) => divides(of, step));
}

/** Exact: as whole numbers of the smallest decimal place that one of the two has. */
function divides(divisor: number, number: number): boolean {
  const [a, b] = [decimal(divisor), decimal(number)];
  if (a === undefined || b === undefined) return divisor === number;
  const places = Math.max(a.places, b.places);
  return (b.digits * 10n ** BigInt(places - b.places)) % (a.digits * 10n ** BigInt(places - a.places)) === 0n;
}

interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

function decimal(number: number): Decimal | undefined {
  const [, whole = "", fraction = "", exponent = "0"] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number)) ?? [];
  if (whole === "") return undefined;
  const places = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/** `pattern`: of two regular expressions only equal ones are known to match the same. */
export const provePattern: Family = (facts, reader, proof) => {
  const { pattern } = reader;
  if (pattern === undefined || !facts.kinds.has("string")) return [];
  const known = facts.nodes.flatMap((node) => node.pattern ?? []);
  if (known.includes(pattern)) return [];
  const reason =
    known.length === 0
      ? `${proof.writer} takes strings of any form, ${proof.reader} only those that match ${pattern}`
      : `it cannot be proved that a string that matches ${known[0]} in ${proof.writer} matches ${pattern} in ${proof.reader}`;
  const accepted = [known.length === 0 ? 'no "pattern"' : `the same "pattern", or none`, `the same "pattern"`] as const;
  const writerAt = placeOf(facts, (node) => node.pattern !== undefined, "pattern");
  return [gap(facts, { at: reader, keyword: "pattern" }, { proof, reason, accepted, ...writerAt })];
};
