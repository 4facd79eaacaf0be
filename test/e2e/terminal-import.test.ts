import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "./http.ts";
import { KEYS, terminal } from "./pty.ts";

const TEST_MS_MAX = 120_000;
const { enter, clear } = KEYS;
const FILE =
  "version: 1\ntopics: [{name: orders}]\nsubscriptions: [{name: billing, topic: orders, endpoint: http://h/}]\n";

/** A broker, a file for it, and the user's settings in which it is the protected environment `prd`. */
async function surroundings() {
  const broker = await startBroker();
  const home = await mkdtemp(join(tmpdir(), "kbroker-pty-"));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, "kbroker"));
  const settings = `environments:\n  prd: {admin: '${broker.url}', protected: true}\n`;
  await writeFile(join(home, "kbroker", "config.yaml"), settings);
  const file = join(home, "broker.yaml");
  await writeFile(file, FILE);
  const names = async () => (await broker.admin("subscriptionList", "")).items.map(({ name }) => name);
  return { url: broker.url, file, names, env: { XDG_CONFIG_HOME: home } };
}

test("an import shows its plan and asks, naming the broker, default No; a yes does it", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { url, file, names } = await surroundings();
  const env = { KBROKER_ADMIN_URL: url };

  const first = terminal(["broker", "import", file], env);
  await first.see(/CREATE +NAME +AS\ntopic +orders +private, kept 7d\nsubscription +billing +orders to http:\/\/h\//);
  await first.see(new RegExp(`Create 1 topic and 1 subscription on ${url}\\? \\(y/N\\)`));
  first.type(enter);
  await first.see(/Error: Not confirmed: nothing was changed\./);
  expect({ exit: await first.ended, names: await names() }).toEqual({ exit: 6, names: [] });

  const second = terminal(["broker", "import", file, "--paused"], env);
  await second.see(/billing +paused, orders to/);
  await second.see(/\(y\/N\)/);
  second.type(`y${enter}`);
  await second.see(/Without questions: kbroker broker import \S+ --paused --yes\n/);
  await second.see(/Created 1 topic and 1 subscription\./);
  await second.see(/Next: kbroker subscription resume <name>/);
  expect({ exit: await second.ended, names: await names() }).toEqual({ exit: 0, names: ["billing"] });
});

test("into a protected environment its name is typed", { timeout: TEST_MS_MAX }, async () => {
  const { file, names, env } = await surroundings();
  const { see, type, ended } = terminal(["broker", "import", file, "--env", "prd", "--yes"], env);

  await see(/This environment is protected\. Type prd to go on:/);
  type(`yes${enter}`);
  await see(/Type prd to go on, or nothing to stop\./);
  expect(await names()).toEqual([]);
  type(`${clear}prd${enter}`);
  await see(/Without questions: kbroker broker import \S+ --confirm prd --env prd\n/);

  expect({ exit: await ended, names: await names() }).toEqual({ exit: 0, names: ["billing"] });
});
