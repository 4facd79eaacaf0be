import { type AuthFile, FACES, type Face, hasFace } from "./auth-file.ts";
import { faceFindings } from "./faces.ts";
import type { Kavak } from "./kavak.ts";
import type { LoadedFile } from "./load-file.ts";
import { type ConfigProblem, configInvalid } from "./problem.ts";
import { placed } from "./shape.ts";

/** What the face is needed for, as the reader's next question. */
const PURPOSE: Readonly<Record<Face, string>> = {
  asks: "publishing needs a token that the workload asks for",
  offers: "pushes need a scope that the workload offers",
};

/**
 * With `auth.enabled`, fails with `config_invalid` unless the auth file of `environment` has the face, whole and with what kbroker
 * needs in it. Where no environment is chosen nobody can say which file will hold, so one that serves is enough.
 */
export function requireFace(kavak: Kavak, face: Face, environment: string | undefined): void {
  const { config, auth } = kavak;
  if (config?.value?.auth?.enabled !== true) return;
  const files =
    environment === undefined ? [...auth.values()] : [auth.get(environment)].filter((file) => file !== undefined);
  if (files.length === 0) throw configInvalid([noFile(config, kavak.dir ?? "", { face, environment })]);
  const problems = files.map((file) => faceProblems(file, face));
  if (problems.every((ofFile) => ofFile.length > 0)) throw configInvalid(problems.flat());
}

function faceProblems(file: LoadedFile<AuthFile>, face: Face): readonly ConfigProblem[] {
  const value = file.value ?? {};
  if (hasFace(value, face)) {
    return faceFindings(value, face).map((finding) => ({
      ...placed(file.file, file.yaml, finding),
      severity: "error",
    }));
  }
  const message = `Tokens are on, and ${PURPOSE[face]}; this file has none of ${FACES[face].marks.join(", ")}.`;
  const fix = `Add ${FACES[face].keys.join(", ")}.`;
  return [{ file: file.file, line: 1, column: 1, path: "", severity: "error", message, fix }];
}

function noFile(
  config: LoadedFile<unknown>,
  dir: string,
  { face, environment = "<environment>" }: { face: Face; environment: string | undefined },
): ConfigProblem {
  const file = `${dir}/auth/auth.${environment}.yaml`;
  return placed(config.file, config.yaml, {
    path: ["auth", "enabled"],
    severity: "error",
    message: `Tokens are on, and ${PURPOSE[face]}; there is no ${file}.`,
    fix: `Add ${file} with ${FACES[face].keys.join(", ")}.`,
  });
}
