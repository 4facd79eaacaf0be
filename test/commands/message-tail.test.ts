import { expect, test } from "vitest";
import { topicMessage } from "../../src/lib/api/topic-message.ts";
import { startBroker } from "../e2e/http.ts";
import { run, runJson } from "./run.ts";
import { stubBroker } from "./stub-broker.ts";

async function broker(...payloads: readonly string[]) {
  const running = await startBroker();
  await running.admin("topicCreate", "", { name: "orders" });
  for (const [index, payload] of payloads.entries()) {
    await running.publish("orders", payload, {
      "X-KB-MessageID": `o-${index}`,
      "Event-Type": index % 2 === 0 ? "even" : "odd",
    });
  }
  return { KBROKER_ADMIN_URL: running.url };
}

test("tail prints the stored bytes, a line feed after each, and nothing else on stdout", async () => {
  const env = await broker('{"a":1.0, "a":2}', "[1,\n2]");

  const { stdout, stderr, exit } = await run("message tail", ["orders"], env);

  expect([stdout, stderr, exit]).toEqual(['{"a":1.0, "a":2}\n[1,\n2]\n', "", 0]);
});

test("tail --json prints one document a line, with everything that is known of the message", async () => {
  const env = await broker("[1,\n2]", '"ü"');

  const { stdout } = await run("message tail", ["orders", "--json"], env);

  const messages = stdout
    .trimEnd()
    .split("\n")
    .map((line) => topicMessage.parse(JSON.parse(line)));
  expect(messages).toEqual([
    {
      ...{ id: "o-0", position: "0:0", publishTime: expect.any(String), key: null },
      ...{ attributes: { "event-type": "even" }, payloadBytes: 6, payload: "[1,\n2]" },
    },
    expect.objectContaining({ id: "o-1", payload: '"ü"' }),
  ]);
});

test("tail begins with the newest ten, or as --last and --since say", async () => {
  const env = await broker(...Array.from({ length: 12 }, (_, index) => String(index)));
  const tail = async (...argv: string[]) =>
    (await run("message tail", ["orders", ...argv], env)).stdout.trim().split("\n");

  expect(await tail()).toEqual(Array.from({ length: 10 }, (_, index) => String(index + 2)));
  expect(await tail("--last", "2")).toEqual(["10", "11"]);
  expect(await tail("--since", "beginning", "--limit", "2")).toEqual(["0", "1"]);
  expect(await tail("--since", "1h", "--filter", "event-type=odd", "--limit", "2")).toEqual(["1", "3"]);
  expect(await tail("--since", "beginning", "--filter", "id=o-7", "--filter", "event-type=odd")).toEqual(["7"]);
});

test("tail says why there is nothing to show", async () => {
  const [empty, full] = [await broker(), await broker("1")];

  expect((await run("message tail", ["orders"], empty)).stderr).toBe(
    "No message. Publish one: kbroker message publish orders --data '{}'\n",
  );
  expect((await run("message tail", ["orders", "--filter", "id=x"], full)).stderr).toBe(
    "None of the newest 10 fits. Look at all that is kept: kbroker message tail orders --since beginning --filter id=x\n",
  );
});

test("tail says what is damaged, on stderr and in the stream", async () => {
  const { env } = await stubBroker({
    "GET /admin/v1/topics/orders/messages": {
      items: [],
      damaged: [{ shard: 0, from: 3, to: 5 }],
      next: "0:5",
      atEnd: true,
    },
  });

  const { stdout, stderr } = await run("message tail", ["orders", "--json"], env);

  expect(stdout).toBe('{"damaged":{"shard":0,"from":3,"to":5}}\n');
  expect(stderr).toBe("Damaged: 2 messages from 0:3 on cannot be read.\n");
});

test("get prints exactly the stored bytes, by id and by position", async () => {
  const env = await broker("1", ' {"a": 2} ', "3");

  const byId = await run("message get", ["orders", "--id", "o-1"], env);
  const byPosition = await run("message get", ["orders", "--position", "0:1"], env);

  expect([byId.stdout, byPosition.stdout]).toEqual([' {"a": 2} ', ' {"a": 2} ']);
  expect(byId.stderr).toMatch(/^o-1 .*at 0:1 event-type=odd 10 B\n$/);
});

test("get --json prints the message as one document", async () => {
  const env = await broker("1", "2");

  const { json } = await runJson("message get", ["orders", "--id", "o-1"], env);

  expect(topicMessage.parse(json)).toMatchObject({ id: "o-1", position: "0:1", payload: "2" });
});

test.each([
  [["--id", "o-9"], 7, 'No message "o-9" of topic "orders" is kept.'],
  [["--id", "o-0", "--since", "2999-01-01T00:00:00Z"], 2, "which is still to come"],
  [["--position", "0:9"], 7, "has no position 0:9"],
  [["--position", "0:1"], 7, 'The message at 0:1 of topic "orders" is not kept.'],
  [["--position", "1"], 2, "is not <shard>:<offset>"],
  [[], 2, "Exactly one of the following must be provided: --id, --position"],
])("get %j ends with %d", async (argv, exit, message) => {
  const env = await broker("1");

  const ended = await run("message get", ["orders", ...argv], env);

  expect(ended).toMatchObject({ stdout: "", exit });
  expect(ended.stderr).toContain(message);
});
