import { nearest } from "../domain/nearest.ts";
import type { Finding, Path, Segment } from "./problem.ts";

/** What a mapping may hold. `path` names where it stands; `*` is any key or index. */
export interface KnownKeys {
  readonly path: readonly string[];
  readonly keys: readonly string[];
  /** A key that looks like a known one but is not. Absent where the schema itself refuses unknown keys. */
  readonly nearMiss?: "error" | "warning";
  /** Any other key; absent where it may be somebody else's. */
  readonly other?: "warning";
}

/** What a strict mapping refused. */
export function unknownKeys(
  path: Path,
  { value, unknown, known }: { value: unknown; unknown: readonly string[]; known: readonly KnownKeys[] },
): readonly Finding[] {
  const keys = known.find((one) => matches(one.path, path))?.keys ?? [];
  return unknown.map((key) => unknownKey([...path, key], suggestion(key, value, keys), keys));
}

/** Keys that a mapping lets through, but that look like a typing mistake. */
export function nearMisses(root: unknown, known: readonly KnownKeys[]): readonly Finding[] {
  return known.flatMap((one) => {
    if (one.nearMiss === undefined) return [];
    return mappingsAt(root, one.path).flatMap(({ path, value }) => misses(one, path, value));
  });
}

function misses({ keys, nearMiss = "warning", other }: KnownKeys, path: Path, value: object): Finding[] {
  return Object.keys(value)
    .filter((key) => !keys.includes(key))
    .flatMap((key) => {
      const meant = suggestion(key, value, keys);
      const severity = meant === undefined ? other : nearMiss;
      return severity === undefined ? [] : [{ ...unknownKey([...path, key], meant, keys), severity }];
    });
}

function unknownKey(path: Path, meant: string | undefined, keys: readonly string[]): Finding {
  const key = JSON.stringify(path.at(-1));
  return {
    path,
    at: "key",
    severity: "error",
    message: `Expected ${keys.join(", ")}; found the key ${key}${meant === undefined ? "" : `, which looks like ${meant}`}.`,
    fix: meant === undefined ? "Remove the key." : `Write ${meant} instead of ${key}.`,
  };
}

/** Nothing that stands there already: then the unknown key is another one, not the misspelt one. */
function suggestion(key: string, value: unknown, keys: readonly string[]): string | undefined {
  const absent = keys.filter((one) => typeof value !== "object" || value === null || !Object.hasOwn(value, one));
  return nearest(key, absent);
}

function matches(pattern: readonly string[], path: Path): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part === "*" || part === path[index]);
}

interface Mapping {
  readonly path: Path;
  readonly value: object;
}

function mappingsAt(root: unknown, pattern: readonly string[]): Mapping[] {
  let level: { path: Path; value: unknown }[] = [{ path: [], value: root }];
  for (const part of pattern) {
    level = level.flatMap(({ path, value }) =>
      entries(value, part).map(([key, child]) => ({ path: [...path, key], value: child })),
    );
  }
  return level.filter((one): one is Mapping => isMapping(one.value));
}

function entries(value: unknown, part: string): [Segment, unknown][] {
  if (Array.isArray(value)) return part === "*" ? value.map((child, index): [number, unknown] => [index, child]) : [];
  if (!isMapping(value)) return [];
  return Object.entries(value).filter(([key]) => part === "*" || key === part);
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
