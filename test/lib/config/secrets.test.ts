import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkSecretsDir, openSecrets } from "../../../src/lib/config/secrets.ts";

async function place() {
  const root = await mkdtemp(join(tmpdir(), "kbroker-secrets-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const dir = join(root, "secrets");
  await mkdir(dir);
  await writeFile(join(root, "outside"), "not for connectors");
  return { root, dir };
}

const file = (name: string) => ({ kind: "file", name }) as const;
const env = (name: string) => ({ kind: "env", name }) as const;

test("a variable with the prefix is a secret, no other is", async () => {
  const secret = openSecrets({
    env: { KBROKER_SECRET_SHOP: "pass", AWS_SECRET: "other", PATH: "/bin" },
    dir: undefined,
  });

  expect(await secret(env("KBROKER_SECRET_SHOP"))).toBe("pass");
  expect(await secret(env("KBROKER_SECRET_NONE"))).toBeUndefined();
  for (const name of ["AWS_SECRET", "PATH", "kbroker_secret_shop", "__proto__"])
    expect(await secret(env(name)), name).toBeUndefined();
});

test("a file of the directory is a secret, without the line end that an editor adds", async () => {
  const { dir } = await place();
  const secret = openSecrets({ env: {}, dir });
  const written = { plain: "pass", unix: "pass\n", windows: "pass\r\n", two: "pass\n\n", spaces: " pass " };
  for (const [name, text] of Object.entries(written)) await writeFile(join(dir, name), text);

  expect(await secret(file("plain"))).toBe("pass");
  expect(await secret(file("unix"))).toBe("pass");
  expect(await secret(file("windows"))).toBe("pass");
  expect(await secret(file("two"))).toBe("pass\n");
  expect(await secret(file("spaces"))).toBe(" pass ");
  expect(await secret(file("none"))).toBeUndefined();
});

test("a changed file is read at the next connect, a link as platforms mount secrets too", async () => {
  const { dir } = await place();
  const secret = openSecrets({ env: {}, dir });
  await mkdir(join(dir, "..data"));
  await writeFile(join(dir, "..data", "shop"), "first");
  await symlink(join("..data", "shop"), join(dir, "shop"));

  const first = await secret(file("shop"));
  await writeFile(join(dir, "..data", "shop"), "second");

  expect([first, await secret(file("shop"))]).toEqual(["first", "second"]);
});

test("nothing outside the directory is read, and nothing at all without one", async () => {
  const { root, dir } = await place();
  await writeFile(join(dir, "shop"), "pass");
  await writeFile(join(dir, ".hidden"), "pass");
  const secret = openSecrets({ env: {}, dir });

  for (const name of ["../outside", join(root, "outside"), "..", ".", ".hidden", "a/../../outside", "shop\0", ""])
    expect(await secret(file(name)), name).toBeUndefined();
  expect(await openSecrets({ env: {}, dir: undefined })(file("shop"))).toBeUndefined();
});

test("what is no file of a password's size fails instead of being read", async () => {
  const { dir } = await place();
  await mkdir(join(dir, "folder"));
  await writeFile(join(dir, "huge"), "x".repeat(65_537));
  await writeFile(join(dir, "largest"), "x".repeat(65_536));
  await symlink("/dev/zero", join(dir, "endless"));
  const secret = openSecrets({ env: {}, dir });

  for (const name of ["folder", "huge", "endless"])
    await expect(secret(file(name)), name).rejects.toThrow("no file of a password's size");
  expect(await secret(file("largest"))).toHaveLength(65_536);
});

test("a secrets directory that is none is refused before the broker starts", async () => {
  const { root, dir } = await place();

  await checkSecretsDir(dir);
  for (const path of [join(root, "outside"), join(root, "none")])
    await expect(checkSecretsDir(path)).rejects.toMatchObject({
      code: "usage",
      hint: expect.stringContaining("mkdir"),
    });
});
