import { expect, test } from "vitest";
import { parse } from "yaml";
import { connectorListReply } from "../../src/lib/api/connector.ts";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { groupListReply } from "../../src/lib/api/group.ts";
import { nodeListReply } from "../../src/lib/api/node.ts";
import { scheduledListReply } from "../../src/lib/api/schedule.ts";
import { subscriptionListReply } from "../../src/lib/api/subscription.ts";
import { topicListReply } from "../../src/lib/api/topic.ts";
import { connector, deadLetter, group, node, scheduled, subscription, topic } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { stubBroker } from "./stub-broker.ts";

const TOPICS = "GET /admin/v1/topics";
const SUBSCRIPTIONS = "GET /admin/v1/subscriptions";
const SCHEDULED = "GET /admin/v1/topics/orders/scheduled";
const CONNECTORS = "GET /admin/v1/connectors";
const LETTERS = "GET /admin/v1/subscriptions/billing/dead-letters";

const lists = [
  { name: "topic list", argv: [], route: TOPICS, item: topic(), schema: topicListReply },
  { name: "subscription list", argv: [], route: SUBSCRIPTIONS, item: subscription(), schema: subscriptionListReply },
  { name: "connector list", argv: [], route: CONNECTORS, item: connector(), schema: connectorListReply },
  { name: "broker nodes", argv: [], route: "GET /admin/v1/nodes", item: node(), schema: nodeListReply },
  { name: "group list", argv: [], route: "GET /admin/v1/groups", item: group(), schema: groupListReply },
  { name: "dlq list", argv: ["billing"], route: LETTERS, item: deadLetter(), schema: deadLetterListReply },
  {
    name: "message scheduled list",
    argv: ["orders"],
    route: SCHEDULED,
    item: scheduled(),
    schema: scheduledListReply,
  },
];

test.each(lists)("$name prints a table, more of it with -o wide", async ({ name, argv, route, item }) => {
  const { env } = await stubBroker({ [route]: { items: [item], total: 1, next: null, unheard: [] } });

  const table = await run(name, argv, env);
  const wide = await run(name, [...argv, "-o", "wide"], env);

  expect({ table: table.stdout, wide: wide.stdout }).toMatchSnapshot();
  expect([table.exit, table.stderr, wide.exit]).toEqual([0, "", 0]);
});

test.each(lists)(
  "$name gives the same document with --json, -o json and -o yaml",
  async ({ name, argv, route, item, schema }) => {
    const { env } = await stubBroker({ [route]: { items: [item], total: 1, next: null, unheard: [] } });

    const { json } = await runJson(name, argv, env);
    const outputs = [
      JSON.parse((await run(name, [...argv, "-o", "json"], env)).stdout),
      JSON.parse((await run(name, [...argv, "--output=json"], env)).stdout),
      parse((await run(name, [...argv, "-o", "yaml"], env)).stdout),
    ];

    expect(schema.parse(json).items).toEqual([item]);
    expect(outputs).toEqual([json, json, json]);
  },
);

test.each(lists)(
  "an empty $name says what it means on stderr, and is an empty list for programs",
  async ({ name, argv, route }) => {
    const { env } = await stubBroker({ [route]: { items: [], total: 0, next: null, unheard: [] } });

    const table = await run(name, argv, env);
    const { json } = await runJson(name, argv, env);

    expect(table.stdout).toBe("");
    expect(table.stderr).toMatch(
      /^(There is no (topic|subscription|connector) yet\. Create one: kbroker \w+ create.*|No node is known here yet\. Ask again in a moment: kbroker broker nodes|No consumer group .+: kbroker group list --all|No dead letters\. .+: kbroker dlq list billing --all|Nothing waits for its time\. Schedule a message: kbroker message schedule orders .+)\n$/,
    );
    expect(json).toMatchObject({ items: [] });
  },
);

test("a number that nobody reports is unknown in a table, never 0", async () => {
  const items = [subscription({ lag: null, parked: null, deadLetters: null })];
  const { env } = await stubBroker({ [SUBSCRIPTIONS]: { items } });

  const { stdout } = await run("subscription list", [], env);

  expect(stdout).toMatch(/unknown +unknown +unknown/);
});

test("what a consumer answered cannot steer the terminal", async () => {
  const items = [deadLetter({ reason: "answered \u001b[2J\u0007\u009bbang\nnew line" })];
  const { env } = await stubBroker({ [LETTERS]: { items, total: 1, next: null } });

  const { stdout } = await run("dlq list", ["billing"], env);

  expect(stdout).toContain("answered \\x1b[2J\\x07\\x9bbang new line");
});

test("a list of dead letters that goes on says how, with the position quoted for the shell", async () => {
  const { env, received } = await stubBroker({ [LETTERS]: { items: [deadLetter()], total: 9, next: "0:17" } });

  const { stderr } = await run("dlq list", ["billing", "--limit", "1", "--after", "0:16"], env);

  expect(received[0]?.url).toBe("/admin/v1/subscriptions/billing/dead-letters?limit=1&after=0%3A16");
  expect(stderr).toBe("Next: kbroker dlq list billing --limit 1 --after 0:17\n");
});

test("--json and -o together are a usage error in JSON, and nothing is asked of the broker", async () => {
  const { env, received } = await stubBroker();

  const { json, exit } = await runJson("topic list", ["-o", "yaml"], env);

  expect(json).toMatchObject({ error: { code: "usage", exit: 2 } });
  expect([exit, received]).toEqual([2, []]);
});

test("an output that does not exist is named with the nearest one", async () => {
  const { stderr, exit } = await run("topic list", ["-o", "jsno"]);

  expect(stderr).toBe("Error: Expected --output=jsno to be one of: table, wide, json, yaml.\nDid you mean json?\n");
  expect(exit).toBe(2);
});
