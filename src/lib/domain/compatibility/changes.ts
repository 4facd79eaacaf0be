import { canonicalJson, isJsonObject } from "../json-value.ts";
import { HOLDS_LIST, HOLDS_NAMED, HOLDS_SCHEMA } from "../schema-keywords.ts";

/** One place in which two schemas differ; `undefined` where it is not there. */
export interface Changed {
  readonly path: readonly string[];
  readonly old: unknown;
  readonly next: unknown;
}

/** Down to the keyword, and to the name or number of the schema in it. */
export function* changesOf(old: unknown, next: unknown, path: readonly string[] = []): Generator<Changed> {
  if (!isJsonObject(old) || !isJsonObject(next)) {
    yield* leaf(old, next, path);
    return;
  }
  for (const keyword of keysOf(old, next)) {
    const [before, after] = [own(old, keyword), own(next, keyword)];
    const here = [...path, keyword];
    if (HOLDS_NAMED.has(keyword)) yield* named(before, after, here);
    else if (HOLDS_LIST.has(keyword) && Array.isArray(before) && Array.isArray(after))
      yield* listed(before, after, here);
    else if (HOLDS_SCHEMA.has(keyword)) yield* changesOf(before, after, here);
    else yield* leaf(before, after, here);
  }
}

function* named(old: unknown, next: unknown, path: readonly string[]): Generator<Changed> {
  const [before, after] = [old ?? {}, next ?? {}];
  if (!isJsonObject(before) || !isJsonObject(after)) {
    yield* leaf(old, next, path);
    return;
  }
  for (const name of keysOf(before, after)) yield* changesOf(own(before, name), own(after, name), [...path, name]);
}

function* listed(old: readonly unknown[], next: readonly unknown[], path: readonly string[]): Generator<Changed> {
  const length = Math.max(old.length, next.length);
  for (let index = 0; index < length; index += 1) yield* changesOf(old[index], next[index], [...path, String(index)]);
}

function* leaf(old: unknown, next: unknown, path: readonly string[]): Generator<Changed> {
  if (old === undefined && next === undefined) return;
  if (old === undefined || next === undefined || canonicalJson(old) !== canonicalJson(next)) yield { path, old, next };
}

function keysOf(old: object, next: object): readonly string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(next)])];
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** `schema` with this one place changed. */
export function withChange(schema: unknown, { path: [key, ...rest], next }: Changed): unknown {
  if (key === undefined) return next;
  if (Array.isArray(schema)) {
    const changed = withChange(schema[Number(key)], { path: rest, old: undefined, next });
    return schema.toSpliced(Number(key), 1, ...(changed === undefined ? [] : [changed]));
  }
  const members = isJsonObject(schema) ? schema : {};
  const changed = withChange(own(members, key), { path: rest, old: undefined, next });
  const others = Object.entries(members).filter(([name]) => name !== key);
  return Object.fromEntries(changed === undefined ? others : [...others, [key, changed]]);
}
