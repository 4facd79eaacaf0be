import { z } from "zod";
import { filesOf, type Kavak, readKavak } from "./kavak.ts";
import { errorsOf } from "./problem.ts";
import { kavakProblems } from "./validate.ts";

/** What `config validate --json` prints. */
export const validateReport = z.object({
  valid: z.boolean(),
  files: z.array(z.string()),
  problems: z.array(
    z.object({
      file: z.string(),
      line: z.number().int().positive(),
      column: z.number().int().positive(),
      path: z.string(),
      severity: z.enum(["error", "warning"]),
      message: z.string(),
      fix: z.string(),
    }),
  ),
});

export type ValidateReport = z.output<typeof validateReport>;

/** Everything about the `.kavak` that holds at `cwd`. Warnings leave it valid; no `.kavak` at all is valid as well. */
export function validate(cwd: string): { readonly report: ValidateReport; readonly kavak: Kavak } {
  const kavak = readKavak(cwd);
  const problems = [...kavakProblems(kavak)];
  const files = filesOf(kavak).map(({ file }) => file);
  return { report: { valid: errorsOf(problems).length === 0, files, problems }, kavak };
}
