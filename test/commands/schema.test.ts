import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { schemaCheckReply, schemaDiffReply, schemaListReply, schemaUpdateReply } from "../../src/lib/api/schema.ts";
import { AT } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const SCHEMA = '{"type": "object"}\n';
const version = {
  name: "orders",
  topic: "orders",
  version: 2,
  compatibility: "backward",
  forced: false,
  draft: "2020-12",
  createdAt: AT,
};
const updated = {
  ...version,
  definition: SCHEMA,
  previousVersion: 1,
  changed: true,
  dryRun: false,
  problems: [],
  warnings: [],
};
const problem = {
  pointer: "/properties/total/minimum",
  line: 4,
  column: 33,
  message: "Version 1 takes numbers below 5, the new schema does not.",
  old: { version: 1, pointer: "/properties/total/minimum", line: 7, column: 9 },
  fix: 'Accepted: "minimum" of at most 0.',
};
const VERSIONS = "POST /admin/v1/topics/orders/schema/versions";

async function folder(files: Record<string, string> = { "order.json": SCHEMA }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "kbroker-cli-"));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

const bodies = (received: readonly { body: Buffer }[]) => received.map(({ body }) => JSON.parse(String(body)));

test("schema update sends the text and the mode, backward by default, and says what is there now", async () => {
  const { env, received } = await stubBroker({ [VERSIONS]: updated });
  const file = join(await folder(), "order.json");

  const { stdout, exit } = await run("schema update", ["orders", "--schema", file], env);
  const { json } = await runJson("schema update", ["orders", "--schema", file, "--compatibility", "full"], env);

  expect(bodies(received)).toEqual([
    { definition: SCHEMA, compatibility: "backward" },
    { definition: SCHEMA, compatibility: "full" },
  ]);
  expect([stdout, exit]).toEqual(["Topic orders has schema version 2 now: backward compatible with version 1.\n", 0]);
  expect(schemaUpdateReply.parse(json)).toEqual(updated);
});

test("a refusal shows file:line:column and pointer, the place in the old version, the reason, and what is accepted; exit code 5", async () => {
  const { env } = await stubBroker({
    [VERSIONS]: failure(409, "schema_incompatible", {
      problems: [problem],
      hint: "kbroker schema diff orders --schema <file>",
    }),
  });
  const file = join(await folder(), "order.json");

  const { stdout, stderr, exit } = await run("schema update", ["orders", "--schema", file], env);
  const { json } = await runJson("schema update", ["orders", "--schema", file], env);

  expect([stdout, exit]).toEqual(["", 5]);
  expect(stderr).toBe(
    `Error: It is schema_incompatible.
  ${file}:4:33 /properties/total/minimum  Version 1 takes numbers below 5, the new schema does not. (version 1, 7:9: /properties/total/minimum)
    Accepted: "minimum" of at most 0.
Try: kbroker schema diff orders --schema ${file}
`,
  );
  expect(json).toMatchObject({ error: { code: "schema_incompatible", exit: 5, problems: [{ ...problem, file }] } });
});

test("--force says what is not compatible and asks; where nobody can be asked it needs --yes, and sends only a dry run", async () => {
  const { env, received } = await stubBroker({ [VERSIONS]: { ...updated, forced: true, problems: [problem] } });
  const file = join(await folder(), "order.json");

  const without = await run("schema update", ["orders", "--schema", file, "--force"], env);
  const asked = bodies(received.splice(0));
  const forced = await run("schema update", ["orders", "--schema", file, "--force", "--yes"], env);

  expect([without.exit, asked]).toEqual([6, [expect.objectContaining({ force: true, dryRun: true })]]);
  expect(without.stderr).toContain(`${file}:4:33 /properties/total/minimum: Version 1 takes numbers below 5`);
  expect(without.stderr).toContain("--force --yes\n");
  expect(bodies(received)[1]).toMatchObject({ force: true, baseVersion: 1 });
  expect(forced.stdout).toBe(
    "Topic orders has schema version 2 now: not backward compatible with version 1, which is recorded.\n",
  );
});

test("--dry-run sends a dry run and says that nothing was changed", async () => {
  const { env, received } = await stubBroker({ [VERSIONS]: { ...updated, dryRun: true } });
  const file = join(await folder(), "order.json");

  const { stdout } = await run("schema update", ["orders", "--schema", file, "--dry-run"], env);

  expect(bodies(received)).toEqual([expect.objectContaining({ dryRun: true, force: false })]);
  expect(stdout).toBe(
    "Topic orders would get schema version 2: backward compatible with version 1. Nothing was changed.\n",
  );
});

test("warnings are shown on stderr with file, line and column, and are in the document of --json", async () => {
  const warnings = [{ pointer: "/format", line: 1, column: 2, message: "checks nothing" }];
  const { env } = await stubBroker({ [VERSIONS]: { ...updated, warnings } });
  const file = join(await folder(), "order.json");

  const { stderr } = await run("schema update", ["orders", "--schema", file], env);
  const { json, stderr: quiet } = await runJson("schema update", ["orders", "--schema", file], env);

  expect(stderr).toBe(`Warning: ${file}:1:2 /format checks nothing\n`);
  expect([schemaUpdateReply.parse(json).warnings, quiet]).toEqual([warnings, ""]);
});

test("schema list shows the newest of each topic, and with a topic its versions", async () => {
  const item = { ...version, bytes: 19 };
  const { env, received } = await stubBroker({ "GET /admin/v1/schemas": { items: [item] } });

  const { stdout } = await run("schema list", [], env);
  const { json } = await runJson("schema list", ["orders"], env);

  expect(stdout).toBe(
    `TOPIC   VERSION  COMPATIBILITY  FORCED  CREATED\norders        2  backward       no      ${AT}\n`,
  );
  expect(schemaListReply.parse(json).items).toEqual([item]);
  expect(received.map(({ url }) => url)).toEqual(["/admin/v1/schemas", "/admin/v1/schemas?topic=orders"]);
});

test("schema describe --version shows an earlier one as it was given", async () => {
  const { env, received } = await stubBroker({
    "GET /admin/v1/topics/orders/schema": { ...version, version: 1, forced: true, definition: SCHEMA },
  });

  const { stdout, stderr } = await run("schema describe", ["orders", "--version", "1"], env);

  expect([stdout, received[0]?.url]).toEqual([SCHEMA, "/admin/v1/topics/orders/schema?version=1"]);
  expect(stderr).toBe(`Schema of topic orders, version 1, created ${AT}, compared: backward, forced\n`);
});

const CHECKS = "POST /admin/v1/schema-checks";
const checked = { valid: true, topic: "orders", version: 2, problems: [], warnings: [] };

test("schema validate --schema checks a file by itself; one that is not taken is exit code 2 with its place", async () => {
  const file = join(await folder(), "order.json");
  const right = await stubBroker({ [CHECKS]: { ...checked, topic: null, version: null } });
  const wrong = await stubBroker({
    [CHECKS]: failure(400, "schema_invalid", {
      problems: [{ pointer: "/type", line: 1, column: 2, message: "is wrong" }],
    }),
  });

  const taken = await run("schema validate", ["--schema", file], right.env);
  const refused = await run("schema validate", ["--schema", file], wrong.env);

  expect([taken.stdout, taken.exit]).toEqual([`${file} is a schema that is taken.\n`, 0]);
  expect(bodies(right.received)).toEqual([{ definition: SCHEMA }]);
  expect([refused.stdout, refused.exit]).toEqual(["", 2]);
  expect(refused.stderr).toContain(`  ${file}:1:2 /type  is wrong\n`);
});

test("schema validate with a payload is exit code 5 when it does not fit, 2 when it is no JSON", async () => {
  const problems = [{ pointer: "/orderId", line: 1, column: 12, message: "must be string, is number" }];
  const { env, received } = await stubBroker({ [CHECKS]: { ...checked, valid: false, problems } });

  const misfit = await run("schema validate", ["orders", "--data", '{"orderId":7}'], env);
  const asked = bodies(received);
  const { json, exit } = await runJson("schema validate", ["orders", "--data", '{"orderId":7}'], env);
  const noJson = await run("schema validate", ["orders", "--data", "{"], env);

  expect([misfit.stdout, misfit.exit, asked]).toEqual(["", 5, [{ topic: "orders", payload: '{"orderId":7}' }]]);
  expect(misfit.stderr).toBe(
    "1:12 /orderId must be string, is number\nCheck failed: the payload does not fit the schema of topic orders, version 2.\n",
  );
  expect([schemaCheckReply.parse(json).valid, exit]).toEqual([false, 5]);
  expect([noJson.exit, received.length]).toEqual([2, 2]);
});

const change = {
  kind: "changed",
  pointer: "/properties/total/minimum",
  oldPlace: { line: 7, column: 9 },
  place: { line: 4, column: 33 },
  old: 0,
  new: 5,
  backward: "Version 1 takes numbers below 5, the new schema does not.",
  forward: null,
};
const diff = { topic: "orders", from: 1, to: null, changes: [change], omitted: 0, backward: false, forward: true };
const DIFF = "POST /admin/v1/topics/orders/schema/diff";

test("schema diff prints each change with both places and which way it is compatible", async () => {
  const { env, received } = await stubBroker({ [DIFF]: diff });
  const file = join(await folder(), "order.json");

  const { stdout, exit } = await run("schema diff", ["orders", "--schema", file], env);
  const { json } = await runJson("schema diff", ["orders", "--from", "1", "--to", "2"], env);

  expect(stdout).toBe(`orders: version 1 → ${file}
~ /properties/total/minimum  7:9 → ${file}:4:33
    0 → 5
    backward no: Version 1 takes numbers below 5, the new schema does not.
    forward yes
All together: backward no, forward yes
`);
  expect([exit, bodies(received)]).toEqual([0, [{ definition: SCHEMA }, { from: 1, to: 2 }]]);
  expect(schemaDiffReply.parse(json)).toEqual(diff);
});

test("schema create --infer --print drafts a schema from samples and sends nothing", async () => {
  const { env, received } = await stubBroker();
  const path = await folder({
    "a.json": '{"id": 1,\n "tags": ["x"]}',
    "more.ndjson": '{"id": 2.5}\n{"id": 3, "note": null}\n',
  });

  const { stdout, exit } = await run(
    "schema create",
    ["--infer", join(path, "a.json"), "--infer", join(path, "more.ndjson"), "--print"],
    env,
  );

  expect([exit, received]).toEqual([0, []]);
  expect(JSON.parse(stdout)).toEqual({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { id: { type: "number" }, tags: { type: "array", items: { type: "string" } }, note: { type: "null" } },
    required: ["id"],
  });
});

test("schema create --infer --no-edit gives the topic the draft as it is", async () => {
  const reply = { ...version, version: 1, compatibility: null, definition: SCHEMA, warnings: [] };
  const { env, received } = await stubBroker({ "POST /admin/v1/topics/orders/schema": reply });
  const path = await folder({ "a.json": '{"id": 1}' });

  const { stdout } = await run("schema create", ["orders", "--infer", join(path, "a.json"), "--no-edit"], env);

  expect(stdout).toBe("Topic orders has a schema now, version 1.\n");
  expect(JSON.parse(bodies(received)[0].definition)).toMatchObject({ type: "object", required: ["id"] });
});

test.each([
  ["schema update", [], /^Error: Missing: <topic>, --schema\.\nTry: kbroker schema update <topic> --schema /],
  ["schema update", ["orders", "--schema", "/nonexistent/s.json"], /there is no such file/],
  ["schema update", ["orders", "--schema", "/s", "--compatibility", "foward"], /Did you mean forward\?/],
  ["schema validate", [], /^Error: Missing: --schema\./],
  ["schema validate", ["orders"], /^Error: Missing: --data or --file\./],
  ["schema diff", [], /^Error: Missing: <topic>\./],
  ["schema create", ["orders", "--infer", "/nonexistent/s.json"], /there is no such file/],
  ["schema create", ["orders", "--print"], /--infer/],
] as const)("%s %j is exit code 2 and sends nothing", async (name, argv, message) => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run(name, argv, env);

  expect(stderr).toMatch(message);
  expect([exit, received]).toEqual([2, []]);
});

test("where no editor can be opened the draft needs --no-edit or --print, and a sample that is no JSON is named with its place", async () => {
  const { env, received } = await stubBroker();
  const path = await folder({ "a.json": "{}", "bad.ndjson": '{"a": 1}\n{"a": }\n', "empty.json": "" });

  const noEditor = await run("schema create", ["orders", "--infer", join(path, "a.json")], env);
  const bad = await run("schema create", ["orders", "--infer", join(path, "bad.ndjson"), "--print"], env);
  const empty = await run("schema create", ["orders", "--infer", join(path, "empty.json"), "--print"], env);

  expect(noEditor.stderr).toContain("--no-edit or --print");
  expect(bad.stderr).toContain(`${join(path, "bad.ndjson")}:2:7 is not JSON`);
  expect(empty.stderr).toContain("is empty");
  expect([noEditor.exit, bad.exit, empty.exit, received]).toEqual([2, 2, 2, []]);
  expect((await readdir(path)).sort()).toEqual(["a.json", "bad.ndjson", "empty.json"]);
});
