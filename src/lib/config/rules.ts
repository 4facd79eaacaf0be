import { nearest } from "../domain/nearest.ts";
import { DEFAULT_ENVIRONMENTS } from "./default-environments.ts";
import { faceFindings } from "./faces.ts";
import type { Kavak } from "./kavak.ts";
import type { LoadedFile } from "./load-file.ts";
import type { ConfigProblem, Finding } from "./problem.ts";
import { placed } from "./shape.ts";

/** What is right in each file by itself, but will not work together. Never an error: another tool may see it otherwise. */
export function ruleProblems({ config, auth }: Kavak): readonly ConfigProblem[] {
  const ofFaces = [...auth.values()].flatMap((file) => {
    const { value } = file;
    if (value === undefined) return [];
    return at(file, [...faceFindings(value, "asks"), ...faceFindings(value, "offers")]);
  });
  if (config?.value === undefined) return ofFaces;
  const { jobs = [], kbroker, auth: switches } = config.value;
  const findings = [
    ...sameNames(jobs.map(({ name }) => name)),
    ...unknownEnvironment(kbroker?.environment, [
      ...Object.keys(kbroker?.environments ?? {}),
      ...Object.keys(DEFAULT_ENVIRONMENTS),
    ]),
    ...(switches?.enabled === true && auth.size === 0 ? [NO_AUTH_FILE] : []),
  ];
  return [...at(config, findings), ...ofFaces];
}

const NO_AUTH_FILE: Finding = {
  path: ["auth", "enabled"],
  severity: "warning",
  message:
    "Tokens are on, but .kavak/auth has no auth.<environment>.yaml, so nothing can be published or subscribed to.",
  fix: "Add .kavak/auth/auth.development.yaml, or write enabled: false.",
};

function at(file: LoadedFile<unknown>, findings: readonly Finding[]): ConfigProblem[] {
  return findings.map((finding) => placed(file.file, file.yaml, finding));
}

function sameNames(names: readonly string[]): Finding[] {
  const firstAt = new Map<string, number>();
  return names.flatMap((name, index) => {
    const first = firstAt.get(name);
    if (first === undefined) firstAt.set(name, index);
    if (first === undefined) return [];
    const message = `The job name ${JSON.stringify(name)} is that of jobs[${first}].`;
    return [{ path: ["jobs", index, "name"], severity: "warning", message, fix: "Give one of them another name." }];
  });
}

function unknownEnvironment(name: string | undefined, described: readonly string[]): Finding[] {
  if (name === undefined || described.includes(name)) return [];
  const meant = nearest(name, described);
  const message = `The environment ${JSON.stringify(name)} is not described under kbroker.environments.`;
  const add = `Add kbroker.environments.${name} with its admin and inbox address, here or in your own configuration.`;
  const fix = meant === undefined ? add : `Write environment: ${meant}.`;
  return [{ path: ["kbroker", "environment"], severity: "warning", message, fix }];
}
