import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { batchLineReply } from "../../src/lib/api/message.ts";
import { startBroker, temporaryDir } from "../e2e/http.ts";
import { run } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

async function fileWith(lines: readonly string[]): Promise<string> {
  const path = join(await temporaryDir(), "lines.ndjson");
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

async function broker() {
  const running = await startBroker();
  await running.admin("topicCreate", "", { name: "orders" });
  const stored = async () => (await running.admin("topicDescribe", "orders")).messages;
  return { stored, env: { KBROKER_ADMIN_URL: running.url } };
}

const good = (id: number) => `{"payload":{"n":${id}},"id":"o-${id}"}`;

test("every line has its result on stdout, the summary goes to stderr", async () => {
  const { env, stored } = await broker();
  const file = await fileWith([good(1), "", good(2), good(1)]);

  const { stdout, stderr, exit } = await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(stdout).toBe("line 1 stored o-1\nline 3 stored o-2\nline 4 duplicate o-1\n");
  expect(stderr).toBe("Published to orders: 2 messages stored, 1 duplicate not stored again, 0 failed.\n");
  expect([exit, await stored()]).toEqual([0, 2]);
});

test("lines that are refused are named, exit code 1, and the rest is published", async () => {
  const { env, stored } = await broker();
  const file = await fileWith([good(1), "{", good(3), '{"id":"o-4"}']);

  const { stdout, stderr, exit } = await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(stdout.split("\n")[1]).toMatch(/^line 2 failed: The line is not JSON at column 2: .* \(invalid_json\)$/);
  expect(stderr).toBe(
    [
      "Published to orders: 2 messages stored, 2 failed.",
      "Not published: lines 2, 4. Nothing of them was stored: mend them, then send them alone.",
      `When they are mended: sed -n '2p;4p' ${file} | kbroker message publish orders --batch\n`,
    ].join("\n"),
  );
  expect([exit, await stored()]).toEqual([1, 2]);
});

test("--json prints the results as they come, one JSON a line, numbered through the whole input", async () => {
  const { env } = await broker();
  const lines = Array.from({ length: 1_500 }, (_, index) => good(index));
  const file = await fileWith(lines.with(1_200, "[]"));

  const { stdout, exit } = await run("message publish", ["orders", "--batch", "--file", file, "--json"], env);

  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => batchLineReply.parse(JSON.parse(line)));
  expect(results.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
  expect(results.filter((result) => "error" in result)).toMatchObject([
    { line: 1_201, error: { code: "invalid_request", problems: [{ line: 1_201 }] } },
  ]);
  expect(exit).toBe(1);
});

test("a line over the size of a batch is refused here, and those behind it keep their numbers", async () => {
  const { env, stored } = await broker();
  const file = await fileWith([good(1), "x".repeat(1_100_000), good(3), "{"]);

  const { stdout } = await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(stdout.split("\n").map((line) => line.slice(0, 40))).toEqual([
    "line 1 stored o-1",
    "line 2 failed: The line is over 1048576 ",
    "line 3 stored o-3",
    "line 4 failed: The line is not JSON at c",
    "",
  ]);
  expect(await stored()).toBe(2);
});

test("the lines go out byte for byte", async () => {
  const { env, received } = await stubBroker({
    "POST /publish/orders/batch": '{"line":1,"error":{"code":"internal","message":""}}\n',
  });
  const file = await fileWith(['{"payload":"ü"}\r', '\t{ "payload": 1.0 }']);

  await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(received.map(({ body }) => body)).toEqual([readFileSync(file)]);
});

test("a broker that refuses in the middle leaves no doubt about what was stored and how to go on", async () => {
  const { env, received } = await stubBroker({ "POST /publish/orders/batch": failure(507, "disk_full") });
  const file = await fileWith(Array.from({ length: 1_001 }, (_, index) => good(index)));

  const { stderr, exit } = await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(received).toHaveLength(1);
  expect(stderr).toContain("Nothing from line 1 on was stored.\n");
  expect(stderr).toContain(`To go on from there: tail -n +1 ${file} | kbroker message publish orders --batch\n`);
  expect([stderr.includes("Error: It is disk_full."), exit]).toEqual([true, 1]);
});

test("an answer that nobody understands says that the lines may have been stored", async () => {
  const { env } = await stubBroker({ "POST /publish/orders/batch": "rubbish\n" });
  const file = await fileWith([good(1), good(2)]);

  const { stderr, exit } = await run("message publish", ["orders", "--batch", "--file", file], env);

  expect(stderr).toContain("Whether lines 1 to 2 were stored is not known: with an id they are safe to send again");
  expect(exit).toBe(1);
});

test("no broker at all is exit code 3, and with --json one line", async () => {
  const file = await fileWith([good(1)]);
  const env = { KBROKER_ADMIN_URL: "http://127.0.0.1:9" };

  const { stdout, stderr, exit } = await run("message publish", ["orders", "--batch", "--file", file, "--json"], env);

  expect(stdout.split("\n")).toHaveLength(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "broker_unreachable", exit: 3 } });
  expect([stderr.includes("Nothing from line 1 on was stored."), exit]).toEqual([true, 3]);
});

test.each([
  [["--data", "{}"], "cannot also be provided when using --batch"],
  [["--file", "/nonexistent/lines"], "there is no such file"],
])("%j with --batch is a usage error", async (argv, message) => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run("message publish", ["orders", "--batch", ...argv], env);

  expect(stderr).toContain(message);
  expect([exit, received]).toEqual([2, []]);
});

test("a file without a line is a usage error", async () => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run("message publish", ["orders", "--batch", "--file", await fileWith([])], env);

  expect(stderr).toContain("There is no line to publish.");
  expect([exit, received]).toEqual([2, []]);
});
