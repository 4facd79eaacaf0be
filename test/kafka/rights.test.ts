import { readFileSync } from "node:fs";
import {
  AclOperations,
  AclPermissionTypes,
  type Connection,
  createAclsV3,
  deleteAclsV3,
  deleteGroupsV2,
  deleteRecordsV2,
  describeGroupsV5,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { expect, onTestFinished, vi } from "vitest";
import { parseBrokers } from "../../src/lib/domain/kafka-settings.ts";
import { prepareTopic } from "../../src/lib/engine/kafka/fold/prepare-topic.ts";
import { beatFence, leaveFence, takeFence } from "../../src/lib/engine/kafka/owners/fence.ts";
import { openProducing } from "../../src/lib/engine/kafka/produce/open-producing.ts";
import { failureOf, kafkaFailure } from "../../src/lib/engine/kafka/wire/failure.ts";
import { fetchOnce } from "../../src/lib/engine/kafka/wire/fetch.ts";
import { laidOut, topicConfigs } from "../../src/lib/engine/kafka/wire/layouts.ts";
import { createKafkaTopic, deleteKafkaTopic, setKafkaPartitions } from "../../src/lib/engine/kafka/wire/topics.ts";
import { openWire, type Wire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { startKafka, testWithOwnKafka } from "../support/kafka.ts";

/** On topics or on groups, such as `topic Read`, as the commands of docs/kafka.md give them. */
type Right = readonly [on: "topic" | "group", operation: string];

const RIGHTS: readonly Right[] = sectionOf("docs/kafka.md", "Rights")
  .split("\n")
  // Those for a prefix are the same ones on fewer names.
  .filter((line) => line.startsWith("kafka-acls.sh") && !line.includes("prefixed"))
  .flatMap((line) =>
    Array.from(
      line.matchAll(/--operation (\w+)/g),
      ([, operation = ""]): Right => [line.includes("--topic '*'") ? "topic" : "group", operation],
    ),
  );

testWithOwnKafka(
  "the rights that docs/kafka.md lists are enough for what the broker does, and it needs each of them",
  async () => {
    const { bootstrap, secured } = await startKafka({
      users: { kbroker: "secret" },
      settings: {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
      },
    });
    const root = wireTo(bootstrap);
    const wire = wireTo(secured?.sasl ?? [], "kbroker");
    const change = (act: (connection: Connection) => Promise<unknown>) => root.call({ any: true }, act);
    await change((each) => createAclsV3.api.async(each, RIGHTS.map(acl)));

    await vi.waitFor(() => everything(wire), { timeout: 60_000, interval: 100 });
    const missed: string[] = [];
    for (const right of RIGHTS) {
      await change((each) => deleteAclsV3.api.async(each, [acl(right)]));
      const refused = vi.waitFor(
        async () => {
          const error: unknown = await everything(wire).catch((thrown: unknown) => thrown);
          expect(kafkaFailure(error).code).toBe("engine_denied");
        },
        { timeout: 5_000, interval: 100 },
      );
      await refused.catch(() => missed.push(right.join(" ")));
      await change((each) => createAclsV3.api.async(each, [acl(right)]));
      await vi.waitFor(() => everything(wire), { timeout: 60_000, interval: 100 });
    }

    expect(RIGHTS.length).toBeGreaterThan(5);
    expect(missed).toEqual([]);
  },
  300_000,
);

/** What stands under a heading of a page. */
function sectionOf(page: string, heading: string): string {
  const [, section = ""] = readFileSync(page, "utf8").split(`\n## ${heading}\n`);
  return section.split("\n## ")[0] ?? "";
}

function wireTo(brokers: readonly string[], username?: string): Wire {
  const sasl =
    username === undefined ? null : { mechanism: "PLAIN" as const, username, password: async () => "secret" };
  const settings = { brokers: parseBrokers(brokers.join(",")), clientId: "kbroker", tls: null, sasl };
  const wire = openWire({ settings, clock: systemClock });
  onTestFinished(() => wire.close());
  return wire;
}

const TOPIC_AUTHORIZATION_FAILED = 29;
let made = 0;

/** Each kind of request that the engine makes, once. */
async function everything(wire: Wire): Promise<void> {
  made += 1;
  const [name, group] = [`topic-${made}`, `group-${made}`];
  await prepareTopic(wire, { name: "__kbroker_state", partitions: 1 });
  await createKafkaTopic(wire, { name, partitions: 1, configs: { "retention.ms": "-1" } });
  await setKafkaPartitions(wire, { name, count: 2, isTrial: false });
  await topicConfigs(wire, name);
  const seen = await laidOut(wire, null);
  // Kafka leaves out what we may not see.
  if (!seen.some((topic) => topic.name === name)) throw failureOf(TOPIC_AUTHORIZATION_FAILED);
  const producing = openProducing(wire);
  try {
    await producing.produce({ topic: name, partition: 0 }, [{ key: null, value: Buffer.from("1") }]);
  } finally {
    await producing.close();
  }
  const uuid = (await wire.topic(name))?.uuid ?? "";
  const place = { uuid, partition: 0, from: 0, bytesMax: 1_000 };
  const leader = { leader: { topic: name, partition: 0 } };
  const [fetched] = await wire.call(leader, (each) => fetchOnce(each, [place], { waitMs: 0, bytesMax: 1_000 }));
  if (fetched?.failure !== undefined) throw fetched.failure;
  const trimmed = [{ name, partitions: [{ partitionIndex: 0, offset: 1n }] }];
  await wire.call(leader, (each) => deleteRecordsV2.api.async(each, trimmed, 5_000));
  const fence = await takeFence(wire, group, 0);
  await beatFence(wire, fence);
  await leaveFence(wire, fence);
  await wire.call({ coordinator: group }, (each) => describeGroupsV5.api.async(each, [group], false));
  await wire.call({ coordinator: group }, (each) => deleteGroupsV2.api.async(each, [group]));
  await deleteKafkaTopic(wire, name);
}

function acl([on, operation]: Right) {
  const known = Object.entries(AclOperations).find(([name]) => name.replaceAll("_", "") === operation.toUpperCase());
  if (known === undefined) throw new Error(`Kafka knows no operation ${operation}.`);
  return {
    resourceType: on === "topic" ? ResourceTypes.TOPIC : ResourceTypes.GROUP,
    resourceName: "*",
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: "User:kbroker",
    host: "*",
    operation: known[1],
    permissionType: AclPermissionTypes.ALLOW,
  };
}
