import type { Bound, SchemaNode } from "./node.ts";
import { possibleNames } from "./shapes.ts";

/** From `low` to `high`; an end that is open is not part of it. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
}

export function isEmpty({ low, high, lowOpen, highOpen }: Range): boolean {
  return low > high || (low === high && (lowOpen || highOpen));
}

function highest(nodes: readonly SchemaNode[], bound: Bound): number {
  return Math.max(...nodes.map(({ bounds }) => bounds[bound] ?? Number.NEGATIVE_INFINITY));
}

function lowest(nodes: readonly SchemaNode[], bound: Bound): number {
  return Math.min(...nodes.map(({ bounds }) => bounds[bound] ?? Number.POSITIVE_INFINITY));
}

/** Of the numbers that fit all of `nodes`; of integers the ends are integers. */
export function numberRange(nodes: readonly SchemaNode[], integers: boolean): Range {
  const [min, above] = [highest(nodes, "minimum"), highest(nodes, "exclusiveMinimum")];
  const [max, below] = [lowest(nodes, "maximum"), lowest(nodes, "exclusiveMaximum")];
  const range = {
    low: Math.max(min, above),
    high: Math.min(max, below),
    lowOpen: above >= min,
    highOpen: below <= max,
  };
  if (!integers) return range;
  const low = range.lowOpen && Number.isInteger(range.low) ? range.low + 1 : Math.ceil(range.low);
  const high = range.highOpen && Number.isInteger(range.high) ? range.high - 1 : Math.floor(range.high);
  // Beyond 2^53 the next integer is not one more.
  const exact = (end: number) => Math.abs(end) <= Number.MAX_SAFE_INTEGER || !Number.isFinite(end);
  return exact(low) && exact(high) ? { low, high, lowOpen: false, highOpen: false } : range;
}

export function lengths(nodes: readonly SchemaNode[]): Range {
  return counts(highest(nodes, "minLength"), lowest(nodes, "maxLength"));
}

/** How many items an array has. */
export function arrayCounts(nodes: readonly SchemaNode[]): Range {
  const contained = Math.max(0, ...nodes.map(({ contains }) => contains?.min ?? 0));
  const listed = nodes.map(({ items, otherItems }) => {
    const shut = items.findIndex(({ never }) => never);
    if (shut >= 0) return shut;
    return otherItems?.never === true ? items.length : Number.POSITIVE_INFINITY;
  });
  return counts(Math.max(highest(nodes, "minItems"), contained), Math.min(lowest(nodes, "maxItems"), ...listed));
}

/** How many properties an object has. */
export function objectCounts(nodes: readonly SchemaNode[], required: ReadonlySet<string>): Range {
  const names = possibleNames(nodes)?.size ?? Number.POSITIVE_INFINITY;
  return counts(
    Math.max(highest(nodes, "minProperties"), required.size),
    Math.min(lowest(nodes, "maxProperties"), names),
  );
}

function counts(low: number, high: number): Range {
  return { low: Math.max(0, low), high, lowOpen: false, highOpen: false };
}
