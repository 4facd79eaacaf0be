// The licences of what the bundle contains: whoever passes it on has to pass them on too.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export async function notices(metafile, root) {
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []),
  );
  const texts = await Promise.all([...folders].sort().map((folder) => notice(join(root, folder))));
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? "" : `\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  return `${name} ${version} (${typeof license === "string" ? license : "see its package"})\n${text}`;
}
