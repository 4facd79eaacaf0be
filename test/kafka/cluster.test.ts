import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { groupListReply } from "../../src/lib/api/group.ts";
import { eventually, startBroker } from "../e2e/http.ts";
import { kbroker } from "../e2e/program.ts";
import { kafkaForTests, kafkaTool, startKafka, testWithKafka, testWithOwnKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const MS_MAX = 240_000;
/** How long the cluster counts on a broker that says nothing: longer than this test looks at one. */
const SESSION_MS = 60_000;
const ENDPOINT = "http://127.0.0.1:9/nobody";
const CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";

/** A cluster of three, and a broker on it with a topic of three partitions that have one replica each. */
async function world() {
  const cluster = await startKafka({ nodes: 3, settings: { "broker.session.timeout.ms": String(SESSION_MS) } });
  const broker = await startBroker({}, { storage: { engine: "kafka", settings: settingsFor(cluster.bootstrap) } });
  const configs = { "min.insync.replicas": "1" };
  await broker.admin("topicCreate", "", { name: "orders", partitions: 3, replicationFactor: 1, configs });
  await broker.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: ENDPOINT });
  const groups = async () => groupListReply.parse(await (await fetch(`${broker.url}/admin/v1/groups?all=true`)).json());
  const states = async () => (await broker.admin("clusterDescribe", "")).brokers.map(({ id, state }) => [id, state]);
  return { cluster, broker, groups, states };
}

testWithOwnKafka(
  "cluster describe and group list tell a broker that says nothing from one that is gone, and go on without it",
  async () => {
    const { cluster, broker, groups, states } = await world();
    const { well, controller, counts } = await broker.admin("clusterDescribe", "");
    expect([well, counts.leaderless]).toEqual([true, 0]);
    await eventually(async () => expect((await groups()).unheard).toEqual([]));
    // The controller: what other brokers have to ask it for must not make them silent, too.
    const ours = cluster.nodes.find(({ id }) => id === controller);
    const allBut = (state: string) => [1, 2, 3].map((id) => [id, id === controller ? state : "up"]);

    await ours?.freeze();
    expect(await states()).toEqual(allBut("silent"));
    expect(await broker.admin("clusterDescribe", "")).toMatchObject({ well: false });
    expect((await groups()).unheard.map(({ broker: id }) => id)).toEqual([controller]);

    await ours?.thaw();
    await eventually(async () => expect(await states()).toEqual(allBut("up")));
    await eventually(async () => expect((await groups()).unheard).toEqual([]));

    await ours?.stop();
    await eventually(async () => expect(await states()).toEqual(allBut("away")));
    // Others find their new leaders in a moment; its dead letter topic may lie there as well.
    const after = await eventually(async () => {
      const described = await broker.admin("clusterDescribe", "");
      const leaderless = described.problems.filter(({ kind, topic }) => kind === "leaderless" && topic === "orders");
      expect(leaderless).toMatchObject([{ replicas: [controller], leader: null }]);
      return described;
    });
    expect(after.well).toBe(false);
    expect(after.counts.underReplicated).toBeGreaterThan(0);
    expect((await groups()).items.find(({ name }) => name === "billing")).toMatchObject({ kind: "subscription" });
  },
  MS_MAX,
);

testWithKafka(
  "a group of Kafka's newer protocol shows with its members and partitions, and reads what was published over HTTP",
  async () => {
    const servers = [...(await kafkaForTests())];
    const prefix = `c${randomUUID().slice(0, 8)}-`;
    const storage = { engine: "kafka", settings: settingsFor(servers), prefix } as const;
    const broker = await startBroker({}, { storage });
    await broker.admin("topicCreate", "", { name: "orders", partitions: 3 });
    const where = ["--bootstrap-server", servers.join(","), "--topic", `${prefix}orders`, "--from-beginning"];
    const member = [
      "--group",
      `${prefix}modern`,
      ...property("command", "group.protocol=consumer", "client.id=native"),
    ];
    const shown = property("formatter", "print.key=true", "print.headers=true");
    const reads = kafkaTool(CONSOLE_CONSUMER, [...where, ...member, ...shown, "--max-messages", "1"]);

    const described = await eventually(async () => {
      const group = await broker.admin("groupDescribe", `${prefix}modern`);
      expect(group.members?.map(({ partitions }) => partitions)).toEqual([3]);
      return group;
    });
    await broker.publish("orders", '{"orderId":"1"}', { "x-kb-key": "k1", "event-type": "order-placed" });

    const typed = ["complete", "--", "group", "describe", `${prefix}m`];
    // On a slow machine nothing is completed rather than late.
    await eventually(async () => {
      const { stdout } = await kbroker(typed, { env: { KBROKER_ADMIN_URL: broker.url } });
      expect(stdout).toBe(`${prefix}modern\n`);
    });
    expect(described).toMatchObject({ kind: "native", type: "consumer", state: "Stable" });
    expect(described.members?.map(({ client }) => client)).toEqual(["native"]);
    expect(await reads).toMatch(/event-type:order-placed\tk1\t\{"orderId":"1"\}/);
  },
  MS_MAX,
);

function property(of: string, ...settings: readonly string[]): readonly string[] {
  return settings.flatMap((setting) => [`--${of}-property`, setting]);
}
