import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Consumer, startBroker, startConsumer, temporaryDir } from "./http.ts";
import { childEnv, type Ended, program } from "./program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEMO_MS_MAX = 120_000;

/** The lines of a page's shell blocks that a reader types at `kbroker`. Starting the broker is the test's own part. */
async function commandsOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  const blocks = Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), ([, block]) => block ?? "");
  const lines = blocks.join("").split("\n");
  return lines.filter((line) => line.startsWith("kbroker ") && !line.startsWith("kbroker broker start"));
}

function run(command: string, args: readonly string[], env: Record<string, string>, cwd: string): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: childEnv(env), stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve({ ...output, exit }));
  });
}

/** A folder whose `bin` holds `kbroker`, as `npm link` would. */
async function readersFolder(): Promise<{ readonly cwd: string; readonly path: string }> {
  const cwd = await temporaryDir();
  await mkdir(join(cwd, "bin"));
  await symlink(program(), join(cwd, "bin", "kbroker"));
  await writeFile(join(cwd, "order.json"), '{"type":"object"}');
  await writeFile(
    join(cwd, "messages.ndjson"),
    '{"payload":{"orderId":"2"},"id":"o-2"}\n{"payload":{"orderId":"3"}}\n',
  );
  return { cwd, path: `${join(cwd, "bin")}${delimiter}${process.env.PATH}` };
}

/** Types what a page tells its reader to type, in its order; each line has to work. */
async function follow(
  page: string,
  before: readonly string[] = [],
): Promise<{ readonly commands: readonly string[]; readonly consumer: Consumer }> {
  const { cwd, path } = await readersFolder();
  const broker = await startBroker();
  const consumer = await startConsumer();
  const commands = [...before, ...(await commandsOf(page))];
  for (const command of commands) {
    const line = command.replace("http://127.0.0.1:9000/events", consumer.url);
    const ended = await run("sh", ["-c", line], { PATH: path, KBROKER_ADMIN_URL: broker.url }, cwd);
    expect({ command, ...ended }).toMatchObject({ exit: 0 });
  }
  return { commands, consumer };
}

const PAGES = [
  "README.md",
  "docs/getting-started.md",
  "docs/lifecycle.md",
  "docs/endpoint-health.md",
  "docs/rewind-and-skip.md",
];

test.each(PAGES)(
  "the commands of %s work in their order, as they stand",
  async (page) => {
    const { commands, consumer } = await follow(page);

    expect(commands.length).toBeGreaterThan(3);
    expect((await consumer.received(1))[0]?.body.toString()).toBe('{"orderId":"1"}');
  },
  60_000,
);

/** Read by somebody who has gone through the first steps. */
const LATER_PAGES = ["docs/batches.md", "docs/looking-at-messages.md", "docs/why-is-my-subscription-behind.md"];

test.each(LATER_PAGES)(
  "the commands of %s work for a reader who has a topic, a subscription and a message",
  async (page) => {
    const before = [
      "kbroker topic create orders",
      "kbroker subscription create billing --topic orders --endpoint http://127.0.0.1:9000/events",
      `kbroker message publish orders --data '{"orderId":"1"}' --id o-1 --attribute event-type=created`,
    ];

    const { commands } = await follow(page, before);

    expect(commands.length).toBeGreaterThan(before.length);
  },
  DEMO_MS_MAX,
);

test("the commands of docs/schema-evolution.md end as the page says, with the files that it shows", async () => {
  const { cwd, path } = await readersFolder();
  const page = await readFile(join(ROOT, "docs/schema-evolution.md"), "utf8");
  const files = Array.from(page.matchAll(/^```json ([\w.-]+)\n(.*?)^```$/gms), ([, name = "", text = ""]) => ({
    name,
    text,
  }));
  for (const { name, text } of files) await writeFile(join(cwd, name), text);
  const broker = await startBroker();
  const commands = await commandsOf("docs/schema-evolution.md");

  for (const command of commands) {
    const exit = Number(/# exits with (\d)$/.exec(command)?.[1] ?? 0);
    const ended = await run("sh", ["-c", command], { PATH: path, KBROKER_ADMIN_URL: broker.url }, cwd);
    expect({ command, ...ended }).toMatchObject({ exit });
    // What the page shows of a refusal or of a difference is what is printed.
    const shown = ended.stderr.split("\n").find((line) => line.startsWith("Error: "));
    if (shown !== undefined && command.includes(" orders --schema order-3")) expect(page).toContain(shown);
    if (command.includes(" diff ")) expect(page).toContain(ended.stdout);
  }

  expect(commands.length).toBeGreaterThan(15);
}, 240_000);

const PAGES_WITHOUT_PUSH = ["docs/schedules.md", "docs/schemas.md"];

test.each(PAGES_WITHOUT_PUSH)(
  "the commands of %s work in their order on a broker of their own",
  async (page) => {
    expect((await follow(page)).commands.length).toBeGreaterThan(3);
  },
  60_000,
);

const DEAD_LETTER_PAGES = ["docs/dead-letters.md", "docs/redrive.md"];

test("the commands of docs/dead-letters.md and docs/redrive.md work in their order, as they stand", async () => {
  const { cwd, path } = await readersFolder();
  const broker = await startBroker();
  const consumer = await startConsumer(500);
  const env = { PATH: path, KBROKER_ADMIN_URL: broker.url };
  const kbroker = (line: string) => run("sh", ["-c", line], env, cwd);
  await kbroker("kbroker topic create orders");
  await kbroker(`kbroker subscription create billing --topic orders --endpoint ${consumer.url} --retry-delays 1ms`);
  await kbroker("kbroker message publish orders --data 1");
  await expect
    .poll(async () => (await kbroker("kbroker dlq list billing")).stdout, { timeout: 30_000 })
    .toContain("500");

  for (const page of DEAD_LETTER_PAGES) {
    const commands = await commandsOf(page);
    for (const command of commands) expect({ command, ...(await kbroker(command)) }).toMatchObject({ exit: 0 });
    expect(commands.length).toBeGreaterThan(3);
  }
}, 120_000);

test("each page that tells its reader to type something is followed by a test", async () => {
  const pages = (await readdir(join(ROOT, "docs")))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  const others = ["docs/schema-evolution.md", "docs/cli.md", "docs/postgresql-setup.md", "docs/moving.md"];
  const followed = [...PAGES, ...LATER_PAGES, ...PAGES_WITHOUT_PUSH, ...DEAD_LETTER_PAGES, ...others];

  for (const page of ["README.md", "CONTRIBUTING.md", ...pages]) {
    if ((await commandsOf(page)).length > 0) expect(followed).toContain(page);
  }
});

test(
  "the demo shows what it says and leaves nothing behind",
  async () => {
    const tmp = await temporaryDir();

    const ended = await run(process.execPath, [join(ROOT, "scripts/demo.js")], { TMPDIR: tmp }, ROOT);

    expect(ended).toMatchObject({ exit: 0, stderr: "" });
    expect(ended.stdout).toContain("Nothing is left behind.");
    expect((await run("ls", ["-A", tmp], {}, ROOT)).stdout).toBe("");
  },
  DEMO_MS_MAX,
);
