import { expect, test } from "vitest";
import { subscriptionDeleteReply } from "../../src/lib/api/subscription.ts";
import { topicDeleteReply } from "../../src/lib/api/topic.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const billing = {
  name: "billing",
  id: "s-1",
  topic: "orders",
  lag: 3,
  deadLetterTopic: "billing_errors",
  deadLetters: 2,
  errorsPurged: false,
};
const orders = {
  ...{ name: "orders", id: "t-1", imported: false, messages: 12, scheduled: 3 },
  ...{ schemaVersion: 1, subscriptions: [billing] },
};
const broker = (changes = {}) =>
  stubBroker({
    "DELETE /admin/v1/topics/orders": orders,
    "DELETE /admin/v1/subscriptions/billing": { ...billing, ...changes },
  });

const urls = (received: readonly { url: string }[]) => received.map(({ url }) => url.split("?")[1]);

test("topic delete says what goes before it does it", async () => {
  const { env, received } = await broker();

  const { stdout, stderr, exit } = await run("topic delete", ["orders", "--cascade", "--yes"], env);

  expect([stdout, exit]).toEqual(["Deleted topic orders, with billing.\n", 0]);
  expect(stderr).toBe(
    "Deletes topic orders, 12 messages and its schema.\n" +
      "Deletes what is scheduled for orders, never to be published: 3.\n" +
      "Deletes subscription billing: 3 undelivered of its messages are not delivered any more.\n" +
      "Keeps 2 dead letters in billing_errors.\n",
  );
  expect(urls(received)).toEqual(["cascade=true&purgeErrors=false&dryRun=true", "cascade=true&purgeErrors=false"]);
});

test.each([
  ["topic delete", ["orders", "--cascade"], "kbroker topic delete orders --cascade --yes"],
  ["subscription delete", ["billing", "--purge-errors"], "kbroker subscription delete billing --purge-errors --yes"],
] as const)("%s where nobody can be asked deletes nothing and names the line", async (name, argv, line) => {
  const { env, received } = await broker();

  const { stdout, stderr, exit } = await run(name, argv, env);

  expect([stdout, exit]).toEqual(["", 6]);
  expect(stderr).toContain(`Try: ${line}\n`);
  expect(urls(received)).toEqual([expect.stringContaining("dryRun=true")]);
});

test("subscription delete says that its dead letters stay, and how they go", async () => {
  const { env } = await broker();

  const { stdout, stderr } = await run("subscription delete", ["billing", "--yes"], env);

  expect(stdout).toBe("Deleted subscription billing.\n");
  expect(stderr).toMatch(/Keeps 2 dead letters in billing_errors\.\nNext: kbroker topic delete billing_errors\n$/);
});

test("subscription delete --purge-errors says that they go", async () => {
  const { env, received } = await broker({ errorsPurged: true, lag: 0, deadLetters: 1 });

  const { stderr } = await run("subscription delete", ["billing", "--purge-errors", "--yes"], env);

  expect(stderr).toBe(
    "Deletes subscription billing: nothing is undelivered.\nDeletes billing_errors and 1 dead letter in it.\n",
  );
  expect(urls(received)[1]).toBe("purgeErrors=true");
});

test("--json gives what went", async () => {
  const { env } = await broker();

  const topic = await runJson("topic delete", ["orders", "--cascade", "--yes"], env);
  const subscription = await runJson("subscription delete", ["billing", "--yes"], env);

  expect(topicDeleteReply.parse(topic.json)).toEqual(orders);
  expect(subscriptionDeleteReply.parse(subscription.json)).toEqual(billing);
});

test("a topic in use is exit 8 before anything is asked", async () => {
  const hint = "kbroker topic delete orders --cascade";
  const { env } = await stubBroker({ "DELETE /admin/v1/topics/orders": failure(409, "topic_in_use", { hint }) });

  const { stderr, exit } = await run("topic delete", ["orders"], env);

  expect([stderr, exit]).toEqual([`Error: It is topic_in_use.\nTry: ${hint}\n`, 8]);
});
