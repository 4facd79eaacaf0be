import { expect, onTestFinished, test } from "vitest";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { deadLetter } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { stubBroker } from "./stub-broker.ts";

const LETTERS = "GET /admin/v1/subscriptions/billing/dead-letters";

test("stdout gets the payloads as they are stored, stderr what is known of each", async () => {
  const payloads = ['{"b": 1.50, "a":2, "a":3}', '"ü"\n'];
  const items = payloads.map((payload, offset) => deadLetter({ payload, position: `0:${offset}` }));
  const { env, received } = await stubBroker({ [LETTERS]: { items, total: 2, next: null } });

  const { stdout, stderr, exit } = await run("dlq peek", ["billing"], env);

  expect(stdout).toBe('{"b": 1.50, "a":2, "a":3}\n"ü"\n');
  expect(stderr).toMatchSnapshot();
  expect(received[0]?.url).toContain("payload=true");
  expect(exit).toBe(0);
});

test("colours for a terminal on stdout stay out of a stderr that is a file", async () => {
  const { env } = await stubBroker({ [LETTERS]: { items: [deadLetter({ payload: "1" })], total: 1, next: null } });
  const { isTTY } = process.stdout;
  process.stdout.isTTY = true;
  onTestFinished(() => {
    process.stdout.isTTY = isTTY;
  });

  const { stderr } = await run("dlq peek", ["billing"], { ...env, TERM: "xterm" });

  expect(stderr).toContain("reason");
  expect(stderr).not.toContain("\u001b");
});

test("bytes that are no text come out as they are", async () => {
  const payloadBase64 = Buffer.from([0x7b, 0xff, 0x7d]).toString("base64");
  const { env } = await stubBroker({ [LETTERS]: { items: [deadLetter({ payloadBase64 })], total: 1, next: null } });

  const { json } = await runJson("dlq peek", ["billing"], env);
  const text = await run("dlq peek", ["billing"], env);

  expect(deadLetterListReply.parse(json).items[0]?.payloadBase64).toBe(payloadBase64);
  expect(text.exit).toBe(0);
});

test("nothing to peek at is said, not printed", async () => {
  const { env } = await stubBroker({ [LETTERS]: { items: [], total: 0, next: null } });

  const { stdout, stderr } = await run("dlq peek", ["billing"], env);

  expect([stdout, stderr]).toEqual([
    "",
    "No dead letters. Those redriven or purged before: kbroker dlq list billing --all\n",
  ]);
});

test.each([
  [["--filter", "status=503"], "No dead letter fits the filter. See all: kbroker dlq list billing"],
  [["--filter", "status=503", "--all"], "No dead letter fits the filter. See all: kbroker dlq list billing --all"],
  [["--after", "0:9"], "No dead letter behind that position. See all: kbroker dlq list billing"],
  [["--all"], "No dead letters."],
])("dlq list and peek with %j do not call a part that is empty the whole", async (flags, says) => {
  const { env } = await stubBroker({ [LETTERS]: { items: [], total: 7, next: null } });

  const [listed, peeked] = [
    await run("dlq list", ["billing", ...flags], env),
    await run("dlq peek", ["billing", ...flags], env),
  ];

  expect([listed.stderr, peeked.stderr]).toEqual([`${says}\n`, `${says}\n`]);
});
