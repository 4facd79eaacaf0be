import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { publishReply } from "../../src/lib/api/message.ts";
import { AT } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { answer, failure, stubBroker } from "./stub-broker.ts";

const PUBLISH = "POST /publish/orders";
const published = { id: "o-1", topic: "orders", publishTime: AT, duplicate: false };

async function fileWith(bytes: string | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "message.json"), bytes);
  return join(folder, "message.json");
}

test("--data goes out byte for byte, id, key and attributes as headers", async () => {
  const { env, received } = await stubBroker({ [PUBLISH]: published });
  const data = '{"b": 1.50,\n "a":2, "a":"ü"}';

  const attributes = ["--attribute", "event-type=created", "--attribute", "Tenant=a=b"];
  const argv = ["orders", "--data", data, "--id", "o-1", "--key", "k 1", ...attributes];
  const { stdout, exit } = await run("message publish", argv, env);

  expect([stdout, exit]).toEqual(["Published o-1 to orders.\n", 0]);
  expect(received[0]?.body).toEqual(Buffer.from(data));
  expect(received[0]?.headers).toMatchObject({
    "content-type": "application/json",
    "x-kb-messageid": "o-1",
    "x-kb-key": "k 1",
    "event-type": "created",
    "x-kb-attr-tenant": "a=b",
  });
});

test("--file goes out byte for byte, even what is no UTF-8", async () => {
  const { env, received } = await stubBroker({ [PUBLISH]: published });
  const bytes = Buffer.from([0x22, 0xff, 0x22, 0x0a]);

  await run("message publish", ["orders", "--file", await fileWith(bytes)], env);

  expect(received[0]?.body).toEqual(bytes);
});

test("--json prints the HTTP answer", async () => {
  const { env } = await stubBroker({ [PUBLISH]: { ...published, duplicate: true } });

  const { json } = await runJson("message publish", ["orders", "--data", "{}"], env);

  expect(publishReply.parse(json)).toEqual({ ...published, duplicate: true });
});

test("a repeat says that nothing was stored again", async () => {
  const { env } = await stubBroker({ [PUBLISH]: { ...published, duplicate: true } });

  const { stdout } = await run("message publish", ["orders", "--data", "{}", "--id", "o-1"], env);

  expect(stdout).toBe("Published o-1 to orders. It had been published before; nothing was stored again.\n");
});

test("the token is sent as Bearer, and no error shows it", async () => {
  const { env, received } = await stubBroker({ [PUBLISH]: failure(401, "unauthorized") });

  const { stderr, exit } = await run("message publish", ["orders", "--data", "{}"], {
    ...env,
    KBROKER_TOKEN: "s3cret",
  });

  expect(received[0]?.headers.authorization).toBe("Bearer s3cret");
  expect([exit, stderr]).toEqual([4, "Error: It is unauthorized.\n"]);
});

test("a payload that does not fit is shown with every pointer", async () => {
  const problems = [
    { pointer: "/orderId", message: "must be string" },
    { pointer: "", message: "must have total" },
  ];
  const { env } = await stubBroker({
    [PUBLISH]: failure(422, "schema_mismatch", { problems, hint: "kbroker schema describe orders" }),
  });

  const { stderr, exit } = await run("message publish", ["orders", "--data", "{}"], env);

  expect(exit).toBe(2);
  expect(stderr).toBe(
    "Error: It is schema_mismatch.\n  /orderId  must be string\n  (whole document)  must have total\nTry: kbroker schema describe orders\n",
  );
});

test.each([
  ["schema_required", 409, 8],
  ["message_id_conflict", 409, 8],
  ["topic_not_found", 404, 7],
  ["payload_too_large", 413, 2],
  ["invalid_json", 400, 2],
  ["forbidden", 403, 4],
  ["overloaded", 429, 3],
  ["broker_stopping", 503, 3],
  ["request_timeout", 408, 3],
  ["internal", 500, 1],
  ["disk_full", 507, 1],
])("%s (HTTP %i) exits with %i, with --json too", async (code, status, expected) => {
  const { env } = await stubBroker({ [PUBLISH]: failure(status, code) });

  const text = await run("message publish", ["orders", "--data", "{}"], env);
  const { json, exit } = await runJson("message publish", ["orders", "--data", "{}"], env);

  expect([text.exit, exit, text.stdout]).toEqual([expected, expected, ""]);
  expect(json).toEqual({ error: { code, message: `It is ${code}.`, exit: expected, requestId: "r-1" } });
});

test.each([502, 503, 504])("a gateway's %i means that the broker is out of reach", async (status) => {
  const { env } = await stubBroker({ [PUBLISH]: answer(status, "<html>Bad gateway</html>") });

  const { json, exit } = await runJson("message publish", ["orders", "--data", "{}"], env);

  expect(exit).toBe(3);
  expect(json).toMatchObject({ error: { code: "broker_unreachable" } });
});

const mistakes: [what: string, argv: string[], message: RegExp][] = [
  ["an attribute without =", ["--data", "{}", "--attribute", "created"], /--attribute "created" is not name=value/],
  ["an attribute given twice", ["--data", "{}", "--attribute", "a=1", "--attribute", "A=2"], /"A" is given twice/],
  ["an attribute that cannot be a header", ["--data", "{}", "--attribute", "a b=1"], /"a b" cannot be the name/],
  ["a value that HTTP would trim", ["--data", "{}", "--attribute", "a= 1"], /starts or ends with a space/],
  ["a value that HTTP cannot carry", ["--data", "{}", "--key", "ü"], /not printable ASCII/],
  ["a line break smuggled into a header", ["--data", "{}", "--id", "a\r\nx-evil: 1"], /not printable ASCII/],
  ["data that lost bytes on the command line", ["--data", '"\ufffd"'], /is not UTF-8/],
  ["no data", ["--data", ""], /payload is empty/],
  ["data over the limit", ["--data", `"${"x".repeat(65_535)}"`], /over 65,536 bytes/],
  ["data and file", ["--data", "{}", "--file", "x.json"], /--file=x\.json cannot also be provided/],
  ["a file that is not there", ["--file", "/nonexistent/m.json"], /there is no such file/],
  ["a folder", ["--file", "/"], /it is a folder/],
];

test.each(mistakes)("%s is exit code 2, and nothing is sent", async (_what, argv, message) => {
  const { env, received } = await stubBroker({ [PUBLISH]: published });

  const { stderr, exit } = await run("message publish", ["orders", ...argv], env);

  expect(stderr).toMatch(message);
  expect([exit, received]).toEqual([2, []]);
});

test("a huge file is refused without being read to its end", async () => {
  const { env, received } = await stubBroker({ [PUBLISH]: published });

  const { stderr, exit } = await run("message publish", ["orders", "--file", "/dev/zero"], env);

  expect(stderr).toMatch(/over 65,536 bytes/);
  expect([exit, received]).toEqual([2, []]);
});
