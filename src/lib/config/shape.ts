import type { z } from "zod";
import { findings } from "./findings.ts";
import { type KnownKeys, nearMisses } from "./known-keys.ts";
import { type ConfigProblem, errorsOf, type Finding, pathText } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** A file may be wrong at every line; nobody reads, or wants to wait for, more than this. */
const SHAPE_PROBLEMS_MAX = 100;

export interface Shape<T> {
  readonly schema: z.ZodType<T>;
  /** The keys of each mapping, to tell a typing mistake from a key of somebody else's. */
  readonly known: readonly KnownKeys[];
  /** Rules over several keys of one file. */
  readonly further?: (value: object) => readonly Finding[];
}

export interface Checked<T> {
  /** `undefined` as soon as there is one error. An empty file is an empty mapping. */
  readonly value: T | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** All problems of one file at once, in the order of its lines. */
export function checkShape<T>(file: string, yaml: YamlFile, shape: Shape<T>): Checked<T> {
  if (errorsOf(yaml.problems).length > 0 && yaml.value === undefined) {
    return { value: undefined, problems: yaml.problems };
  }
  const value = yaml.value ?? {};
  const result = shape.schema.safeParse(value);
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => findings(issue, value, shape.known));
  const further = typeof value === "object" ? (shape.further?.(value) ?? []) : [];
  const all = [...issues, ...nearMisses(value, shape.known), ...further];
  const problems = [...yaml.problems, ...all.slice(0, SHAPE_PROBLEMS_MAX).map((one) => placed(file, yaml, one))];
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const last = problems.at(-1);
  if (last !== undefined && all.length > SHAPE_PROBLEMS_MAX) problems.push(more(last, all.length - SHAPE_PROBLEMS_MAX));
  return { value: errorsOf(problems).length === 0 ? result.data : undefined, problems };
}

export function placed(file: string, yaml: YamlFile, { path, at, severity, message, fix }: Finding): ConfigProblem {
  return { file, ...yaml.locate(path, at), path: pathText(path), severity, message, fix };
}

function more(last: ConfigProblem, count: number): ConfigProblem {
  const message = `The file has ${count} problems more.`;
  return { ...last, path: "", severity: "error", message, fix: "Correct those that are shown first." };
}
