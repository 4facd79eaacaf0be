import { KBrokerError } from "../domain/error.ts";

/** Line and column count from 1, columns in UTF-16 units, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with one file: where, what was expected and what is there, and what to change. */
export interface ConfigProblem extends Place {
  /** As the reader would type it from the working directory. */
  readonly file: string;
  /** `kbroker.environments.dev.admin`, `jobs[0].name`; empty for the file as a whole. */
  readonly path: string;
  /** Only errors make a file invalid. */
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly fix: string;
}

export type Segment = string | number;
export type Path = readonly Segment[];

/** One thing wrong with a value, before its place is known. */
export interface Finding {
  readonly path: Path;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly fix: string;
  /** What is pointed at: the value by default. */
  readonly at?: "key";
}

export function pathText(path: Path): string {
  return path
    .map((segment) => {
      if (typeof segment === "number") return `[${segment}]`;
      return /^[\w-]+$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
    })
    .join("")
    .replace(/^\./, "");
}

export function errorsOf(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.filter(({ severity }) => severity === "error");
}

/** The failure that carries `problems`; whoever throws it has sent no request. */
export function configInvalid(problems: readonly ConfigProblem[]): KBrokerError {
  const files = [...new Set(problems.map(({ file }) => file))];
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new KBrokerError("config_invalid", `${count} in ${files.join(", ")}. No request was sent.`, {
    problems,
    hint: files.some((file) => file.includes(".kavak")) ? "kbroker config validate" : undefined,
  });
}
