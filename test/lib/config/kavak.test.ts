import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findKavak } from "../../../src/lib/config/find-kavak.ts";
import { readKavak } from "../../../src/lib/config/kavak.ts";
import { kavakProblems } from "../../../src/lib/config/validate.ts";
import { ROWS } from "./kavak-rows.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "kbroker-kavak-")));
});

afterEach(() => rmSync(root, { recursive: true }));

const at = (...parts: string[]) => path.join(root, ...parts);
const dir = (...parts: string[]) => mkdirSync(at(...parts), { recursive: true });
const put = (file: string, content: string | Uint8Array) => {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), content);
};
const problems = (cwd = root) => kavakProblems(readKavak(cwd, at("container/.kavak")));
const shown = (cwd?: string) =>
  problems(cwd).map(({ file, line, column, severity, message }) => `${file}:${line}:${column} ${severity} ${message}`);

describe("every problem of a file at once, with its place:", () => {
  test.each(ROWS)("%s", (_, content, ...found) => {
    if (typeof content === "object" && "auth" in content) put(".kavak/auth/auth.development.yaml", content.auth);
    else put(".kavak/config.yaml", content);

    const list = problems();

    expect(list.map((one) => `${one.line}:${one.column} ${one.severity} ${one.path}: ${one.message}`)).toEqual(found);
    expect(list.filter(({ fix }) => fix === "")).toEqual([]);
  });

  test("the table has at least 40 rows, and no two of one name", () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ROWS.map(([name]) => name)).size).toBe(ROWS.length);
  });

  test.each(["[", "{a: ", "- "])("nesting by %s deeper than the parser's stack is one problem, not a crash", (open) => {
    put(".kavak/config.yaml", `${open === "- " ? "" : "a: "}${open.repeat(30_000)}\n`);

    expect(problems()).toMatchObject([{ severity: "error", message: "The values are nested too deeply to be read." }]);
  });

  test("a file with problems on every line shows 100 and counts the rest", () => {
    put(".kavak/config.yaml", `kbroker:\n${Array.from({ length: 250 }, (_, index) => `  k${index}: 1\n`).join("")}`);

    const list = problems();

    expect(list).toHaveLength(101);
    expect(list.at(-1)?.message).toBe("The file has 150 problems more.");
  });

  test("files are shown one after the other, config.yaml first", () => {
    put(".kavak/auth/auth.production.yaml", "version: 2\n");
    put(".kavak/auth/auth.development.yaml", "version: 2\n");
    put(".kavak/config.yaml", "auth: 1\njobs: 1\n");

    expect(problems().map(({ file, line }) => `${file}:${line}`)).toEqual([
      ".kavak/config.yaml:1",
      ".kavak/config.yaml:2",
      ".kavak/auth/auth.development.yaml:1",
      ".kavak/auth/auth.production.yaml:1",
    ]);
  });
});

describe("what stands where a file is expected:", () => {
  test("a file for .kavak itself", () => {
    put(".kavak", "");

    expect(shown()).toEqual([".kavak:1:1 error Expected a directory, found a file."]);
  });

  test("a directory for config.yaml", () => {
    dir(".kavak/config.yaml");

    expect(shown()).toEqual([".kavak/config.yaml:1:1 error Expected a file, found a directory."]);
  });

  test("a file for auth", () => {
    put(".kavak/auth", "");

    expect(shown()).toEqual([".kavak/auth:1:1 error Expected a directory, found a file."]);
  });

  test("a link to a file is followed, as mounted volumes need it", () => {
    put("real.yaml", "auth: 1\n");
    dir(".kavak");
    symlinkSync(at("real.yaml"), at(".kavak/config.yaml"));

    expect(shown()).toEqual([".kavak/config.yaml:1:7 error Expected a mapping, found the number 1."]);
  });

  test.each([".kavak", ".kavak/config.yaml", ".kavak/auth"])("a link that leads nowhere: %s", (link) => {
    dir(path.dirname(link));
    symlinkSync(at("nothing"), at(link));

    expect(shown()).toEqual([`${link}:1:1 error The link leads nowhere.`]);
  });

  test("a link to itself, which cannot be read", () => {
    dir(".kavak");
    symlinkSync(at(".kavak/config.yaml"), at(".kavak/config.yaml"));

    expect(shown()).toEqual([".kavak/config.yaml:1:1 error The file cannot be read (ELOOP)."]);
  });

  test("a device, which is not read: it would never end", () => {
    dir(".kavak");
    symlinkSync("/dev/zero", at(".kavak/config.yaml"));

    expect(shown()).toEqual([".kavak/config.yaml:1:1 error Expected a file, found a device, pipe or socket."]);
  });

  test("a name that is almost right is pointed out, since the file is not read", () => {
    put(".kavak/config.yml", "auth: 1\n");
    put(".kavak/auth/auth.dev.yml", "version: 2\n");
    put(".kavak/auth/production.yaml", "version: 2\n");
    put(".kavak/openapi.yaml", "none of ours\n");

    expect(shown()).toEqual([
      ".kavak/config.yml:1:1 warning This file is not read: its name is not config.yaml.",
      ".kavak/auth/auth.dev.yml:1:1 warning This file is not read: its name is not auth.<environment>.yaml.",
      ".kavak/auth/production.yaml:1:1 warning This file is not read: its name is not auth.<environment>.yaml.",
    ]);
  });

  test("an auth file of an environment beyond development and production is read like theirs", () => {
    put(".kavak/auth/auth.staging.yaml", "version: 2\n");

    expect(shown()).toEqual([".kavak/auth/auth.staging.yaml:1:10 error Expected v1, found the number 2."]);
  });
});

describe(".kavak is found", () => {
  const found = (...cwd: string[]) => findKavak(at(...cwd), at("container/.kavak")).dir;

  test("at the root of the git repository, from any directory in it", () => {
    dir("repo/.git");
    dir("repo/.kavak");
    dir("repo/a/b");

    expect(found("repo/a/b")).toBe(at("repo/.kavak"));
  });

  test("in a worktree, whose .git is a file", () => {
    put("tree/.git", "gitdir: elsewhere\n");
    dir("tree/.kavak");
    dir("tree/a");

    expect(found("tree/a")).toBe(at("tree/.kavak"));
  });

  test("nearest first", () => {
    dir("repo/.git");
    dir("repo/.kavak");
    dir("repo/a/.kavak");

    expect(found("repo/a")).toBe(at("repo/a/.kavak"));
  });

  test("never above the root of the repository", () => {
    dir(".kavak");
    dir("repo/.git");

    expect(found("repo")).toBeUndefined();
  });

  test("outside of a repository only in the directory itself: a stranger's file further up must not choose the broker", () => {
    dir(".kavak");
    dir("a");

    expect(found("a")).toBeUndefined();
    expect(found()).toBe(at(".kavak"));
  });

  test("in a container at its fixed place, unless there is a repository", () => {
    dir("container/.kavak");
    dir("repo/.git");
    dir("elsewhere");

    expect(found("elsewhere")).toBe(at("container/.kavak"));
    expect(found("repo")).toBeUndefined();
  });

  test("and shown as one would type it from here", () => {
    dir("repo/.git");
    dir("repo/a");
    put("repo/.kavak/config.yaml", "auth: 1\n");

    expect(shown(at("repo/a"))).toEqual(["../.kavak/config.yaml:1:7 error Expected a mapping, found the number 1."]);
  });
});
