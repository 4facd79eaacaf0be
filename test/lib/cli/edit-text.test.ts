import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { editText } from "../../../src/lib/cli/edit-text.ts";
import { editedSchema } from "../../../src/lib/cli/flows/schema-draft.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { script } from "./flows/script.ts";

/** An editor: a shell script that is given the file as its last argument, and keeps what it saw. */
async function editor(body: string) {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-editor-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "editor.sh");
  const log = join(folder, "log");
  await writeFile(path, `for file; do :; done\nstat -c '%a %n' "$file" >> ${log}\n${body}\n`);
  const env = { ...process.env, VISUAL: "", EDITOR: `/bin/sh ${path} --wait` };
  const seen = async () => (await readFile(log, "utf8")).trim().split("\n");
  return { env, seen };
}

const isGone = (path: string) =>
  stat(path).then(
    () => false,
    () => true,
  );

test("the file is the person's alone, holds the draft, and is gone afterwards with its folder", async () => {
  const { env, seen } = await editor(`sed -i s/draft/edited/ "$file"`);

  const text = await editText("the draft\n", { env, name: "schema.json" });

  const [line = ""] = await seen();
  const [mode, file = ""] = line.split(" ");
  expect([text, mode]).toEqual(["the edited\n", "600"]);
  expect([await isGone(file), await isGone(dirname(file))]).toEqual([true, true]);
});

test("VISUAL comes before EDITOR", async () => {
  const { env } = await editor("exit 1");
  const visual = await editor(`echo visual > "$file"`);

  expect(await editText("x", { env: { ...env, VISUAL: visual.env.EDITOR }, name: "s.json" })).toBe("visual\n");
});

test.each([
  ["an editor that fails", "exit 3", "editor_failed"],
  ["an empty file", `printf ' \\n' > "$file"`, "not_confirmed"],
])("%s stops with nothing changed, and leaves no file", async (_what, body, code) => {
  const { env, seen } = await editor(body);

  await expect(editText("draft", { env, name: "s.json" })).rejects.toMatchObject({ code });

  const [line = ""] = await seen();
  expect(await isGone(line.split(" ")[1] ?? "")).toBe(true);
});

test("an editor that is not there is said, with the way around", async () => {
  const env = { ...process.env, VISUAL: "/nonexistent/editor" };

  await expect(editText("draft", { env, name: "s.json" })).rejects.toMatchObject({
    code: "editor_failed",
    hint: expect.stringContaining("--no-edit"),
  });
});

test("what the broker does not take is shown and edited again, with what was written so far", async () => {
  const { env } = await editor(`echo more >> "$file"`);
  const { ask, seen } = script([true]);
  const texts: string[] = [];
  const create = async (text: string) => {
    texts.push(text);
    if (texts.length === 1) throw new KBrokerError("schema_invalid", "The schema is not taken.");
    return "created";
  };

  const result = await editedSchema("draft\n", { ask, env, create });

  expect([result, texts]).toEqual(["created", ["draft\nmore\n", "draft\nmore\nmore\n"]]);
  expect(seen).toEqual(["Error: The schema is not taken.\n", "Edit it again?"]);
});

test("a draft that was not touched is asked about, and a no creates nothing", async () => {
  const { env } = await editor("true");
  const { ask } = script([false]);
  const create = async () => expect.unreachable();

  await expect(editedSchema("draft", { ask, env, create })).rejects.toMatchObject({ code: "not_confirmed" });
});
