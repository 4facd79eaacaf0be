import { expect, test } from "vitest";
import { subscriptionUpdateReply } from "../../src/lib/api/subscription.ts";
import { topicUpdateReply } from "../../src/lib/api/topic.ts";
import { subscription, topic } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const TTL = { setting: "ttl", from: "7d", to: "3h" };
const bodies = (received: readonly { body: Buffer }[]) => received.map(({ body }) => JSON.parse(String(body)));
const updatedTopic = (changes = {}) => ({ ...topic(), changes: [TTL], expires: 0, ...changes });
const topicBroker = (changes = {}) => stubBroker({ "PATCH /admin/v1/topics/orders": updatedTopic(changes) });

test("topic update sends what the line says and shows old and new", async () => {
  const visibility = { setting: "visibility", from: "private", to: "public" };
  const { env, received } = await topicBroker({ changes: [TTL, visibility] });

  const { stdout, stderr, exit } = await run("topic update", ["orders", "--ttl", "3h", "--public"], env);

  expect(bodies(received)).toEqual([
    { ttl: "3h", visibility: "public", dryRun: true },
    { ttl: "3h", visibility: "public" },
  ]);
  expect(stdout).toBe("Updated topic orders:\n  kept        7d → 3h\n  visibility  private → public\n");
  expect([stderr, exit]).toEqual(["", 0]);
});

test("nothing to change is said, and is exit 0", async () => {
  const { env } = await stubBroker({
    "PATCH /admin/v1/topics/orders": updatedTopic({ changes: [] }),
    "PATCH /admin/v1/subscriptions/billing": { ...subscription(), changes: [] },
  });

  const onTopic = await run("topic update", ["orders", "--private"], env);
  const onSubscription = await run("subscription update", ["billing", "--timeout", "30s"], env);

  expect([onTopic.stdout, onTopic.exit]).toEqual(["Nothing to change: topic orders is like that already.\n", 0]);
  expect(onSubscription.stdout).toBe("Nothing to change: subscription billing is like that already.\n");
});

test("a shorter time to live that removes messages says how many, and is confirmed", async () => {
  const { env, received } = await topicBroker({ expires: 2 });

  const refused = await run("topic update", ["orders", "--ttl", "3h"], env);
  const done = await run("topic update", ["orders", "--ttl", "3h", "--yes"], env);

  expect(refused.exit).toBe(6);
  expect(refused.stderr).toMatch(/^Removes 2 messages of topic orders for good: older than 3h\./);
  expect(refused.stderr).toMatch(/Try: kbroker topic update orders --ttl 3h --yes\n$/);
  expect([done.exit, bodies(received).map(({ dryRun }) => dryRun)]).toEqual([0, [true, true, undefined]]);
});

test("subscription update sends what the line says and shows old and new", async () => {
  const changes = [
    { setting: "endpoint", from: "http://127.0.0.1:9000/events", to: "http://127.0.0.1:9001/" },
    { setting: "retryDelays", from: "default", to: "1s,5s" },
  ];
  const updated = { ...subscription(), changes };
  const { env, received } = await stubBroker({ "PATCH /admin/v1/subscriptions/billing": updated });
  const line = ["billing", "--endpoint", "http://127.0.0.1:9001/", "--retry-delays", "1s, 5s", "--timeout", "9s"];

  const { stdout } = await run("subscription update", [...line, "--max-in-flight", "3"], env);
  const { json } = await runJson("subscription update", ["billing", "--retry-delays", "default"], env);

  expect(bodies(received)).toEqual([
    { endpoint: "http://127.0.0.1:9001/", retryDelays: ["1s", "5s"], timeout: "9s", maxInFlight: 3 },
    { retryDelays: null },
  ]);
  expect(stdout).toBe(
    "Updated subscription billing:\n  endpoint      http://127.0.0.1:9000/events → http://127.0.0.1:9001/\n  retry delays  default → 1s,5s\n",
  );
  expect(subscriptionUpdateReply.parse(json)).toEqual(updated);
});

test("topic update --json gives the topic with its changes", async () => {
  const { env } = await topicBroker();

  const { json } = await runJson("topic update", ["orders", "--ttl", "3h"], env);

  expect(topicUpdateReply.parse(json)).toEqual(updatedTopic());
});

test.each([
  [
    "topic update",
    ["orders"],
    /^Error: Missing: one of --ttl, --public or --private, --partitions\.\nTry: kbroker topic update orders/,
  ],
  ["topic update", ["orders", "--public", "--private"], /cannot also be provided/],
  [
    "subscription update",
    ["billing"],
    /^Error: Missing: one of --endpoint, --retry-delays, --timeout, --max-in-flight, --permanent-status, --on-rejecting\./,
  ],
  ["subscription update", ["billing", "--max-in-flight", "0"], /greater than or equal to 1/],
] as const)("%s %j is exit code 2 and sends nothing", async (name, argv, message) => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run(name, argv, env);

  expect(stderr).toMatch(message);
  expect([exit, received]).toEqual([2, []]);
});

test.each([
  ["topic update", ["orders", "--public"], "PATCH /admin/v1/topics/orders", "schema_required"],
  ["subscription update", ["billing", "--timeout", "1s"], "PATCH /admin/v1/subscriptions/billing", "version_conflict"],
] as const)("%s %j: a refusal of the broker has its exit code", async (name, argv, route, code) => {
  const { env } = await stubBroker({ [route]: failure(409, code, { hint: "kbroker topic list" }) });

  const { stdout, stderr, exit } = await run(name, argv, env);

  expect([stdout, stderr, exit]).toEqual(["", `Error: It is ${code}.\nTry: kbroker topic list\n`, 8]);
});
