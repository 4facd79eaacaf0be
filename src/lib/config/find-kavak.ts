import { lstatSync } from "node:fs";
import path from "node:path";

/** Where the platform mounts it. */
const CONTAINER_KAVAK = "/app/.kavak";

export interface KavakSearch {
  /** `undefined` where there is none, which is no fault. */
  readonly dir: string | undefined;
  /** The last directory that was looked at. */
  readonly root: string;
}

/**
 * The nearest `.kavak` between `cwd` and the root of its git repository. Outside of a repository only `cwd` itself counts, and
 * the container's: a file that a stranger left further up (in /tmp, in /home) must not decide which broker is spoken to.
 */
export function findKavak(cwd: string, containerDir = CONTAINER_KAVAK): KavakSearch {
  const start = path.resolve(cwd);
  const root = gitRoot(start);
  for (const dir of upTo(start, root ?? start)) {
    const candidate = path.join(dir, ".kavak");
    if (exists(candidate)) return { dir: candidate, root: dir };
  }
  if (root === undefined && exists(containerDir)) return { dir: containerDir, root: path.dirname(containerDir) };
  return { dir: undefined, root: root ?? start };
}

/** `.git` is a file in a worktree and in a submodule. */
function gitRoot(start: string): string | undefined {
  return upTo(start, path.parse(start).root).find((dir) => exists(path.join(dir, ".git")));
}

function upTo(start: string, end: string): readonly string[] {
  const dirs = [start];
  for (let dir = start; dir !== end && path.dirname(dir) !== dir; ) {
    dir = path.dirname(dir);
    dirs.push(dir);
  }
  return dirs;
}

/** A link that leads nowhere exists as well: the reader shall say so, rather than act as if nothing had been meant. */
function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
