import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSettings, type SettingsPlace, userConfigPath } from "../../../src/lib/config/load-settings.ts";

let home: string;
let cwd: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "kbroker-settings-"));
  cwd = path.join(home, "repo");
  mkdirSync(path.join(cwd, ".kavak"), { recursive: true });
  mkdirSync(path.join(cwd, ".git"));
  mkdirSync(path.join(home, ".config/kbroker"), { recursive: true });
});

afterEach(() => rmSync(home, { recursive: true }));

const settings = ({ flags = {}, env = {} }: Partial<SettingsPlace> = {}) =>
  loadSettings({ cwd, flags, env: { HOME: home, ...env }, containerDir: path.join(home, "none") });
const kavak = (text: string) => writeFileSync(path.join(cwd, ".kavak/config.yaml"), text);
const user = (text: string) => writeFileSync(path.join(home, ".config/kbroker/config.yaml"), text);

const DEV = `kbroker:
  environment: dev
  environments:
    dev:
      admin: http://kavak:1
`;

describe("the admin address comes from", () => {
  test("the default, where nothing else is set", async () => {
    expect(await settings().adminUrl()).toEqual({ value: "http://127.0.0.1:7070", origin: "default" });
  });

  test("the user's configuration, before the default", async () => {
    user("environment: dev\nenvironments:\n  dev: {admin: 'http://user:1'}\n");

    expect(await settings().adminUrl()).toEqual({
      value: "http://user:1",
      origin: `${home}/.config/kbroker/config.yaml:3`,
    });
  });

  test(".kavak/config.yaml, before the user's configuration", async () => {
    user("environments:\n  dev: {admin: 'http://user:1'}\n");
    kavak(DEV);

    expect(await settings().adminUrl()).toEqual({ value: "http://kavak:1", origin: ".kavak/config.yaml:5" });
  });

  test("KBROKER_ADMIN_URL, before every file", async () => {
    kavak(DEV);

    const { adminUrl } = settings({ env: { KBROKER_ADMIN_URL: "http://variable:1/" } });

    expect(await adminUrl()).toEqual({ value: "http://variable:1", origin: "KBROKER_ADMIN_URL" });
  });

  test("--admin-url, before every variable", async () => {
    const { adminUrl } = settings({
      flags: { "admin-url": "http://flag:1" },
      env: { KBROKER_ADMIN_URL: "http://variable:1" },
    });

    expect(await adminUrl()).toEqual({ value: "http://flag:1", origin: "--admin-url" });
  });

  test("the environment of --env, before a variable's address: a flag was typed for this one command", async () => {
    kavak(DEV);

    const { adminUrl } = settings({ flags: { env: "dev" }, env: { KBROKER_ADMIN_URL: "http://variable:1" } });

    expect(await adminUrl()).toEqual({ value: "http://kavak:1", origin: ".kavak/config.yaml:5" });
  });

  test("the default again, where a variable is empty", async () => {
    expect(await settings({ env: { KBROKER_ADMIN_URL: "" } }).adminUrl()).toMatchObject({ origin: "default" });
  });
});

describe("the inbox address", () => {
  test("is the admin's, where only that is given: one process and one port", async () => {
    kavak(DEV);

    const { inboxUrl } = settings({ env: { KBROKER_ADMIN_URL: "http://variable:1" } });

    expect(await inboxUrl()).toEqual({ value: "http://variable:1", origin: "KBROKER_ADMIN_URL" });
  });

  test("comes from KBROKER_INBOX_URL before any file", async () => {
    kavak(DEV);

    const { inboxUrl } = settings({ env: { KBROKER_INBOX_URL: "https://variable:2" } });

    expect(await inboxUrl()).toEqual({ value: "https://variable:2", origin: "KBROKER_INBOX_URL" });
  });

  test("of a file is not used beside an --admin-url: the message would go to another broker than everything else", async () => {
    kavak(`${DEV}      inbox: http://kavak:2\n`);

    const beside = await settings({ flags: { "admin-url": "http://flag:1" } }).inboxUrl();

    expect(beside.value).toBe("http://flag:1");
    expect((await settings().inboxUrl()).value).toBe("http://kavak:2");
  });

  test("of a platform's environment is known without a file", async () => {
    const { inboxUrl } = settings({ env: { KAVAK_ENVIRONMENT: "production" } });

    expect(await inboxUrl()).toEqual({ value: "https://kbroker-inbox.prd.kavak.io", origin: "default" });
  });
});

describe("the environment", () => {
  test.each([
    ["--env", { flags: { env: "production" }, env: { KBROKER_ENV: "dev", KAVAK_ENVIRONMENT: "dev" } }],
    ["KBROKER_ENV", { env: { KBROKER_ENV: "production", KAVAK_ENVIRONMENT: "dev" } }],
    ["KAVAK_ENVIRONMENT", { env: { KAVAK_ENVIRONMENT: "production" } }],
  ])("comes from %s before what stands behind it", async (origin, place) => {
    kavak(DEV);

    expect(await settings(place).environment()).toEqual({ value: "production", origin });
  });

  test("comes from .kavak/config.yaml before the user's configuration", async () => {
    kavak(DEV);
    user("environment: other\nenvironments:\n  other: {}\n");

    expect(await settings().environment()).toEqual({ value: "dev", origin: ".kavak/config.yaml:2" });
  });

  test("that is described nowhere is refused, with the nearest that is", async () => {
    kavak(DEV);

    await expect(settings({ flags: { env: "devv" } }).adminUrl()).rejects.toMatchObject({
      code: "config_invalid",
      message: 'The environment "devv" (--env) is described nowhere.',
      hint: expect.stringContaining("Did you mean dev?"),
    });
  });

  test("without an admin address does not fall back to this machine: pausing there would be another broker's pause", async () => {
    kavak("kbroker:\n  environments:\n    stage: {inbox: 'http://stage:2'}\n");

    await expect(settings({ env: { KBROKER_ENV: "stage" } }).adminUrl()).rejects.toMatchObject({
      code: "config_invalid",
      message: "The environment stage (KBROKER_ENV) has no admin address.",
    });
  });

  test("is protected where the nearest file that says anything says so", async () => {
    kavak(`${DEV}      protected: true\n`);
    user("environments:\n  dev: {protected: false}\n");

    expect(await settings().protected()).toEqual({ value: true, origin: ".kavak/config.yaml:6" });
    expect(await settings({ flags: { env: "production" } }).protected()).toEqual({ value: false, origin: "default" });
  });
});

describe("a bad value is config_invalid and names where", () => {
  test.each([
    ["not a url", "it is no URL"],
    ["ftp://x", "it is no http or https URL"],
    ["localhost:7070", "it is no http or https URL"],
    ["http://user:secret@x", "it holds a user name or password"],
    ["http://token@x", "it holds a user name or password"],
    ["http://x/?a=b", "it has a query or a fragment"],
  ])("in a variable: %s", async (value, why) => {
    await expect(settings({ env: { KBROKER_ADMIN_URL: value } }).adminUrl()).rejects.toMatchObject({
      code: "config_invalid",
      message: `KBROKER_ADMIN_URL is no address of a broker: ${why}.`,
    });
  });

  test("in a file", async () => {
    kavak("kbroker:\n  environments:\n    dev:\n      admin: localhost\n");

    await expect(settings().adminUrl()).rejects.toMatchObject({
      code: "config_invalid",
      problems: [{ file: ".kavak/config.yaml", line: 4, column: 14, path: "kbroker.environments.dev.admin" }],
    });
  });

  test("in the user's file", async () => {
    user("enviroments: {}\n");

    await expect(settings().adminUrl()).rejects.toMatchObject({
      problems: [{ line: 1, column: 1, fix: 'Write environments instead of "enviroments".' }],
    });
  });

  test("and several in the order of their lines", async () => {
    user("colour: red\nenvironment: 1\n");

    await expect(settings().adminUrl()).rejects.toMatchObject({ problems: [{ line: 1 }, { line: 2 }] });
  });

  test("but a fault in another tool's part stops nobody who only looks", async () => {
    kavak(`jobs: nothing\n${DEV}`);

    expect((await settings().adminUrl()).value).toBe("http://kavak:1");
  });

  test("and a broken file stops nobody who gave the address", async () => {
    kavak("kbroker: [");

    expect((await settings({ flags: { "admin-url": "http://flag:1" } }).adminUrl()).value).toBe("http://flag:1");
    await expect(settings().adminUrl()).rejects.toMatchObject({ code: "config_invalid" });
  });
});

describe("the token", () => {
  test("comes from KBROKER_TOKEN", () => {
    expect(settings({ env: { KBROKER_TOKEN: "abc" } }).token()).toEqual({ value: "abc", origin: "KBROKER_TOKEN" });
    expect(settings().token()).toBeUndefined();
  });

  test("that cannot stand in a header is refused without being repeated", () => {
    expect(() => settings({ env: { KBROKER_TOKEN: "se cret\n" } }).token()).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.not.stringContaining("cret") }),
    );
  });
});

test("the user's configuration lies where XDG says, and a relative XDG_CONFIG_HOME is ignored", () => {
  expect(userConfigPath({ HOME: "/h", XDG_CONFIG_HOME: "/x" })).toBe("/x/kbroker/config.yaml");
  expect(userConfigPath({ HOME: "/h", XDG_CONFIG_HOME: "x" })).toBe("/h/.config/kbroker/config.yaml");
  expect(userConfigPath({})).toBeUndefined();
});
