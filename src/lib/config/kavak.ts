import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type AuthFile, authFile, authFileKeys, missingOfFaces } from "./auth-file.ts";
import { ENVIRONMENT_NAME } from "./broker-section.ts";
import { type ConfigFile, configFile, configFileKeys } from "./config-file.ts";
import { findKavak } from "./find-kavak.ts";
import { type LoadedFile, loadFile } from "./load-file.ts";
import type { ConfigProblem } from "./problem.ts";
import { codeOf } from "./read-text.ts";

export interface Kavak {
  /** As a reader would type it; `undefined` where there is no `.kavak`. */
  readonly dir: string | undefined;
  /** The last directory that was searched. */
  readonly searchedTo: string;
  readonly config: LoadedFile<ConfigFile> | undefined;
  /** By environment, in the order of their names. */
  readonly auth: ReadonlyMap<string, LoadedFile<AuthFile>>;
  /** What is wrong with the directories themselves. */
  readonly problems: readonly ConfigProblem[];
}

/** Reads and checks what `.kavak` holds for us. It never throws for what it finds there. */
export function readKavak(cwd: string, containerDir?: string): Kavak {
  const { dir, root } = findKavak(cwd, containerDir);
  const shown = (file: string) => shownFrom(cwd, file);
  if (dir === undefined) return { dir, searchedTo: root, config: undefined, auth: new Map(), problems: [] };
  const top = listing(dir, shown);
  const authDir = path.join(dir, "auth");
  const below: Listing = top.names.includes("auth") ? listing(authDir, shown) : { names: [], problems: [] };
  const config = top.problems.length > 0 ? undefined : loadConfig(dir, shown);
  const strays = [
    ...top.names
      .filter((name) => name === "config.yml")
      .map((name) => stray(shown(path.join(dir, name)), "config.yaml")),
    ...below.names.filter(isStray).map((name) => stray(shown(path.join(authDir, name)), "auth.<environment>.yaml")),
  ];
  const problems = [...top.problems, ...below.problems, ...strays];
  return { dir: shown(dir), searchedTo: root, config, auth: authFiles(authDir, below.names, shown), problems };
}

/** `.kavak/config.yaml` alone, for who only needs the settings in it. */
export function readKavakConfig(cwd: string, containerDir?: string): LoadedFile<ConfigFile> | undefined {
  const { dir } = findKavak(cwd, containerDir);
  return dir === undefined ? undefined : loadConfig(dir, (file) => shownFrom(cwd, file));
}

function loadConfig(dir: string, shown: (file: string) => string): LoadedFile<ConfigFile> | undefined {
  return loadFile(path.join(dir, "config.yaml"), shown, { schema: configFile, known: configFileKeys });
}

/** Every file that was read, and all of its own problems. */
export function filesOf({ config, auth }: Kavak): readonly LoadedFile<unknown>[] {
  return [...(config === undefined ? [] : [config]), ...auth.values()];
}

function authFiles(dir: string, names: readonly string[], shown: (file: string) => string) {
  const files = new Map<string, LoadedFile<AuthFile>>();
  for (const name of names.toSorted()) {
    const environment = environmentOf(name);
    if (environment === undefined) continue;
    const shape = { schema: authFile, known: authFileKeys, further: missingOfFaces };
    const file = loadFile(path.join(dir, name), shown, shape);
    if (file !== undefined) files.set(environment, file);
  }
  return files;
}

function environmentOf(name: string): string | undefined {
  const environment = /^auth\.(.+)\.yaml$/.exec(name)?.[1];
  return environment !== undefined && ENVIRONMENT_NAME.test(environment) ? environment : undefined;
}

/** Close enough to one of ours that somebody may wonder why it has no effect. */
function isStray(name: string): boolean {
  return /\.ya?ml$/i.test(name) && environmentOf(name) === undefined;
}

function stray(file: string, expected: string): ConfigProblem {
  const message = `This file is not read: its name is not ${expected}.`;
  return { file, line: 1, column: 1, path: "", severity: "warning", message, fix: `Rename it to ${expected}.` };
}

interface Listing {
  readonly names: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

function listing(dir: string, shown: (file: string) => string): Listing {
  const refuse = (message: string, fix: string) => {
    const problem = { file: shown(dir), line: 1, column: 1, path: "", severity: "error" as const, message, fix };
    return { names: [], problems: [problem] };
  };
  try {
    if (!statSync(dir).isDirectory()) return refuse("Expected a directory, found a file.", "Make it a directory.");
    return { names: readdirSync(dir), problems: [] };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return refuse("The link leads nowhere.", "Let it name a directory, or remove it.");
    return refuse(`The directory cannot be read (${code}).`, "Correct its permissions.");
  }
}

/** As one would type it from here; a way up and around is longer to read than the whole path. */
function shownFrom(cwd: string, file: string): string {
  const relative = path.relative(cwd, file);
  return relative.length < file.length ? relative : file;
}
