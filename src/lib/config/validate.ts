import { filesOf, type Kavak, readKavak } from "./kavak.ts";
import { type ConfigProblem, configInvalid, errorsOf } from "./problem.ts";
import { ruleProblems } from "./rules.ts";

/** All that can be said about `.kavak`, by file and line. */
export function kavakProblems(kavak: Kavak): readonly ConfigProblem[] {
  const order = filesOf(kavak).map(({ file }) => file);
  const rank = ({ file }: ConfigProblem) => order.indexOf(file);
  return [...kavak.problems, ...filesOf(kavak).flatMap(({ problems }) => problems), ...ruleProblems(kavak)].toSorted(
    (a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column,
  );
}

/**
 * For commands that change something, before their first request: fails with `config_invalid` and every error (no warning) of
 * the `.kavak` files that hold at `cwd`. Without a `.kavak` there is nothing to fail for.
 */
export function assertKavakValid(cwd: string): Kavak {
  const kavak = readKavak(cwd);
  const errors = errorsOf(kavakProblems(kavak));
  if (errors.length > 0) throw configInvalid(errors);
  return kavak;
}
