import { expect, test } from "vitest";
import { clusterReply } from "../../src/lib/api/cluster.ts";
import { groupReply } from "../../src/lib/api/group.ts";
import { cluster, group, groupDescribed } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const CLUSTER = "GET /admin/v1/cluster";
const GROUPS = "GET /admin/v1/groups";
const BILLING = "GET /admin/v1/groups/shop-billing";
const COLUMNS = 80;

const lines = (text: string) => text.split("\n");

test("cluster describe says first that all is well", async () => {
  const { env } = await stubBroker({ [CLUSTER]: cluster() });

  const { stdout, stderr, exit } = await run("cluster describe", [], env);
  const { json } = await runJson("cluster describe", [], env);

  expect(lines(stdout)[0]).toBe("Kafka cluster j-xUNp-IWIpfSWPLRI38vw: all is well");
  expect(stdout).toMatchSnapshot();
  expect([stderr, exit]).toEqual(["", 0]);
  expect(clusterReply.parse(json)).toEqual(cluster());
});

test("cluster describe says first what is wrong, a line for each topic, in a narrow terminal", async () => {
  const replicas = { leader: 1, replicas: [1, 2, 3], inSync: [1, 3] };
  const state = { leads: 0, replicas: 92, rack: null };
  const unwell = cluster({
    well: false,
    controller: null,
    release: null,
    metadataVersion: 31,
    brokers: [
      { id: 1, address: "kafka-1:9092", state: "up", ...state },
      { id: 2, address: "kafka-2:9092", state: "away", ...state },
      { id: 3, address: "kafka-3:9092", state: "silent", ...state },
      { id: 4, address: null, state: "away", ...state, replicas: 0 },
    ],
    counts: { missing: 1, leaderless: 1, belowMinimum: 2, underReplicated: 4 },
    problems: [
      { kind: "missing", topic: "gone", partition: null, leader: null, replicas: [], inSync: [] },
      { kind: "leaderless", topic: "orders", partition: 5, leader: null, replicas: [2, 3], inSync: [] },
      { kind: "below-minimum", topic: "orders", partition: 0, ...replicas },
      { kind: "below-minimum", topic: "payments", partition: 0, ...replicas },
      ...[0, 1, 2, 5].map((partition) => ({
        ...{ kind: "under-replicated" as const, topic: "__kbroker_parked", partition, ...replicas },
      })),
    ],
  });
  const { env } = await stubBroker({ [CLUSTER]: unwell });

  const { stdout, exit } = await run("cluster describe", [], env);

  expect(lines(stdout)[0]).toContain("not well");
  expect(stdout).toMatchSnapshot();
  expect(exit).toBe(0);
  for (const line of lines(stdout).filter((each) => /^[A-Z]+ {2}/.test(each)))
    expect(line.length).toBeLessThanOrEqual(COLUMNS);
});

test("more topics than are read at night are counted, and are in the document", async () => {
  const problems = Array.from({ length: 30 }, (_, at) => ({
    ...{ kind: "under-replicated" as const, topic: `t-${at}`, partition: 0, leader: 1, replicas: [1, 2], inSync: [1] },
  }));
  const counts = { ...cluster().counts, underReplicated: 30 };
  const { env } = await stubBroker({ [CLUSTER]: cluster({ well: false, counts, problems }) });

  const { stdout } = await run("cluster describe", [], env);

  expect(lines(stdout).filter((line) => line.startsWith("under-replicated"))).toHaveLength(20);
  expect(stdout).toContain("These are not all: kbroker cluster describe --json\n");
});

test("a broker on no cluster is one error with a next step", async () => {
  const { env } = await stubBroker({ [CLUSTER]: failure(404, "no_cluster", { hint: "kbroker broker status" }) });

  const { stdout, stderr, exit } = await run("cluster describe", [], env);

  expect([stdout, stderr, exit]).toEqual(["", "Error: It is no_cluster.\nTry: kbroker broker status\n", 7]);
});

test("group describe shows who is in it and each partition, and what of the lag is settled already", async () => {
  const { env } = await stubBroker({ [BILLING]: groupDescribed() });

  const { stdout, stderr, exit } = await run("group describe", ["shop-billing"], env);
  const { json } = await runJson("group describe", ["shop-billing"], env);

  expect(stdout).toMatchSnapshot();
  expect([stderr, exit]).toEqual(["", 0]);
  expect(groupReply.parse(json)).toEqual(groupDescribed());
});

test("a native group shows its members by their ids, and a partition without a commit has no lag", async () => {
  const native = groupDescribed({
    ...{ name: "reports", kind: "native", subscription: null, owner: null, lag: 0 },
    members: [{ id: "reader-1-77", instance: null, client: "reader", host: "10.0.0.9", partitions: 1 }],
    partitions: [
      {
        ...{ topic: "orders", partition: 0, committed: null, end: 7, lag: null, settledAbove: null },
        member: "reader-1-77",
      },
      { ...{ topic: "orders", partition: 1, committed: 3, end: null, lag: null, settledAbove: null }, member: null },
    ],
  });
  const { env } = await stubBroker({ "GET /admin/v1/groups/reports": native });

  const { stdout } = await run("group describe", ["reports"], env);

  expect(stdout).toMatchSnapshot();
});

test("what nobody says of a group is unknown, never none", async () => {
  const unknown = groupDescribed({ state: null, type: null, coordinator: null, members: null, partitions: null });
  const { env } = await stubBroker({ [BILLING]: { ...unknown, lag: null } });

  const { stdout } = await run("group describe", ["shop-billing"], env);

  expect(stdout).toContain("state unknown\nIts positions are unknown.\n");
  expect(stdout).toMatch(/members +unknown/);
});

test("group list says which brokers did not answer, beside the list", async () => {
  const unheard = [{ broker: 3, reason: "Broker 3 said nothing for 3 s." }];
  const { env } = await stubBroker({ [GROUPS]: { items: [group()], total: 1, next: null, unheard } });

  const { stdout, stderr, exit } = await run("group list", [], env);

  expect(lines(stdout)[1]).toContain("shop-billing");
  expect(stderr).toBe(
    "Broker 3 did not say which groups it has: Broker 3 said nothing for 3 s.\nMore may be there. Look at the cluster: kbroker cluster describe\n",
  );
  expect(exit).toBe(0);
});

test("group list says how to read on", async () => {
  const page = { items: [group()], total: 4, next: "shop-billing", unheard: [] };
  const { env, received } = await stubBroker({ [GROUPS]: page });

  const { stderr } = await run("group list", ["--all", "--limit", "1", "--after", "a"], env);

  expect(received[0]?.url).toBe("/admin/v1/groups?limit=1&after=a&all=true");
  expect(stderr).toBe("Next: kbroker group list --all --limit 1 --after shop-billing\n");
});
