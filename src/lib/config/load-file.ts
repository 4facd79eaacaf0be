import type { ConfigProblem } from "./problem.ts";
import { readText } from "./read-text.ts";
import { checkShape, type Shape } from "./shape.ts";
import { parseYaml, type YamlFile } from "./yaml-file.ts";

/** One file that is there, readable or not. */
export interface LoadedFile<T> {
  /** As it is shown. */
  readonly file: string;
  readonly yaml: YamlFile;
  /** `undefined` as soon as there is one error. */
  readonly value: T | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** `undefined` where there is no such file. */
export function loadFile<T>(path: string, shown: (file: string) => string, shape: Shape<T>): LoadedFile<T> | undefined {
  const file = shown(path);
  const read = readText(path, file);
  if (read === undefined) return undefined;
  if ("text" in read) return loadText(file, read.text, shape);
  const problems = [read.problem];
  return {
    file,
    yaml: { value: undefined, problems, locate: () => ({ line: 1, column: 1 }) },
    value: undefined,
    problems,
  };
}

export function loadText<T>(file: string, text: string, shape: Shape<T>): LoadedFile<T> {
  const yaml = parseYaml(file, text);
  return { file, yaml, ...checkShape(file, yaml, shape) };
}
