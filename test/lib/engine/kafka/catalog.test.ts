import { afterEach, expect } from "vitest";
import type { KafkaCatalog } from "../../../../src/lib/engine/kafka/catalog.ts";
import { openDocumentLog } from "../../../../src/lib/engine/kafka/fold/document-log.ts";
import { createKafkaTopic } from "../../../../src/lib/engine/kafka/wire/topics.ts";
import type { CatalogChange } from "../../../../src/lib/engine/port.ts";
import {
  describeWithKafka as describe,
  kafkaForTests,
  startKafka,
  testWithKafka as test,
} from "../../../support/kafka.ts";
import { eventually, freshPrefix } from "../../../support/kafka-nodes.ts";
import { createRestlessTopic, type StateNode, stateNode } from "./state-nodes.ts";

const open: StateNode[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

function node(servers: readonly string[], prefix: string): StateNode {
  const made = stateNode(servers, prefix);
  open.push(made);
  return made;
}

const NAMES = ["a", "b", "c"];
const WRITERS = 8;
/** By each writer; the long form has 1000. */
const PUTS = Number(process.env.KBROKER_CATALOG_PUTS ?? 30);

/** Changes whatever is there, as long as somebody else was not faster; gives what it won. */
async function write(catalog: KafkaCatalog["catalog"], writer: number): Promise<readonly string[]> {
  const won: string[] = [];
  for (let turn = 0; turn < PUTS; turn++) {
    const name = NAMES[(writer + turn) % NAMES.length] ?? "a";
    const version = (await catalog.get("topic", name))?.version ?? 0;
    const value = `${writer}-${turn}`;
    try {
      if (turn % 5 === 4 && version > 0) {
        await catalog.delete("topic", name, version);
        won.push(`${name}: deleted`);
      } else {
        const document = await catalog.put("topic", name, value, version);
        won.push(`${name}: ${document.version} ${value}`);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "version_conflict" });
    }
  }
  return won;
}

const line = ({ name, document }: CatalogChange) =>
  document === undefined ? `${name}: deleted` : `${name}: ${document.version} ${String(document.value)}`;

describe("the catalog of several nodes", () => {
  test("has one winner a version and one state on every node, after compaction and on a new node too", {
    timeout: 600_000,
  }, async () => {
    const cluster = await startKafka({ settings: { "log.cleaner.backoff.ms": "200" } });
    const prefix = freshPrefix();
    const nodes = [0, 1, 2].map(() => node(cluster.bootstrap, prefix));
    const [first] = nodes;
    if (first === undefined) throw new Error("There are three.");
    await createRestlessTopic(first.wire, `${prefix}_catalog`);
    const catalogs = await Promise.all(nodes.map((each) => each.catalog()));
    const heard = catalogs.map(({ catalog }) => {
      const lines: string[] = [];
      catalog.watch((change) => void lines.push(line(change)));
      return lines;
    });
    const listOf = async ({ catalog }: KafkaCatalog) => {
      await catalog.caughtUp();
      return catalog.list("topic");
    };

    const won = await Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => write(catalogs[writer % 3]?.catalog ?? fail(), writer)),
    );

    const lists = await Promise.all(catalogs.map(listOf));
    expect(lists).toEqual([lists[0], lists[0], lists[0]]);
    expect(heard).toEqual([heard[0], heard[0], heard[0]]);
    expect(won.flat().sort()).toEqual(heard[0]?.toSorted());
    const { wire, producing } = first;
    const tidy = await openDocumentLog({ wire, producing, report: () => {}, name: `${prefix}_catalog` });
    await tidy.clear(new Set(NAMES.map((name) => `topic/${name}`)));
    await tidy.close();
    // Segments are compacted once something new has begun the next one.
    const needed = 2 * NAMES.length + 50;
    await eventually("compaction leaves what is needed", async () => {
      await producing.produce({ topic: `${prefix}_catalog`, partition: 0 }, [
        { key: Buffer.from("job/none/1/x"), value: null },
      ]);
      return (await first.recordsIn(`${prefix}_catalog`)) < needed;
    });
    const later = await node(cluster.bootstrap, prefix).catalog();
    expect(await listOf(later)).toEqual(lists[0]);
    const version = (await later.catalog.get("topic", "a"))?.version ?? 0;
    await later.catalog.put("topic", "a", "later", version);
    expect(await Promise.all(catalogs.map(listOf))).toEqual(Array(3).fill(await listOf(later)));
  });

  test("is caught up with what any node was told is durable", async () => {
    const [servers, prefix] = [await kafkaForTests(), freshPrefix()];
    const [one, other] = await Promise.all([node(servers, prefix).catalog(), node(servers, prefix).catalog()]);
    const heard: string[] = [];
    other.catalog.watch((change) => void heard.push(line(change)));

    for (let version = 0; version < 20; version++) {
      await one.catalog.put("topic", "a", `value ${version}`, version);
      await other.catalog.caughtUp();

      expect(heard.at(-1)).toBe(`a: ${version + 1} value ${version}`);
      expect((await other.catalog.get("topic", "a"))?.version).toBe(version + 1);
    }
  });

  test("the first claim of a name wins on every node, and a deleted one can be claimed again", async () => {
    const [servers, prefix] = [await kafkaForTests(), freshPrefix()];
    const opened = [node(servers, prefix).catalog(), node(servers, prefix).catalog()];
    const [one, other] = (await Promise.all(opened)).map(({ own }) => own);
    if (one === undefined || other === undefined) throw new Error("There are two.");

    const [mine, theirs] = await Promise.all([
      one.claim("kafka-topic", "t", "one"),
      other.claim("kafka-topic", "t", "other"),
    ]);
    expect(mine).toBe(theirs);
    await other.delete("kafka-topic", "t");
    await other.delete("kafka-topic", "t");

    expect(await one.claim("kafka-topic", "t", "again")).toBe("again");
    await other.caughtUp();
    expect(other.list("kafka-topic")).toEqual([["t", "again"]]);
  });

  test("refuses a document that Kafka would not take, with its size", async () => {
    const { catalog } = await node(await kafkaForTests(), freshPrefix()).catalog();

    await expect(catalog.put("topic", "a", "x".repeat(1_100_000), 0)).rejects.toMatchObject({
      code: "payload_too_large",
    });

    expect((await catalog.put("topic", "a", "x".repeat(990_000), 0)).version).toBe(1);
  });

  test("is not opened over a topic whose records Kafka deletes in time", async () => {
    const [servers, prefix] = [await kafkaForTests(), freshPrefix()];
    const each = node(servers, prefix);
    const configs = { "cleanup.policy": "delete" };
    await createKafkaTopic(each.wire, { name: `${prefix}_catalog`, partitions: 1, configs });

    await expect(each.catalog()).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("cleanup.policy=delete"),
    });
  });

  test("passes over what it does not know, says so, and goes on", async () => {
    const [servers, prefix] = [await kafkaForTests(), freshPrefix()];
    const each = node(servers, prefix);
    const { catalog } = await each.catalog();

    await each.producing.produce({ topic: `${prefix}_catalog`, partition: 0 }, [
      { key: Buffer.from("rubbish"), value: Buffer.from("{") },
    ]);
    await catalog.put("topic", "a", "value", 0);

    expect((await catalog.get("topic", "a"))?.value).toBe("value");
    expect(each.told).toEqual([`error: A record of "${prefix}_catalog" was passed over.`]);
  });
});

describe("the catalog while Kafka is away", () => {
  test("fails within seconds, loses nothing, and goes on by itself", { timeout: 180_000 }, async () => {
    const cluster = await startKafka();
    const [kafka] = cluster.nodes;
    const prefix = freshPrefix();
    const each = node(cluster.bootstrap, prefix);
    const { catalog, outage } = await each.catalog();
    await catalog.put("topic", "a", "before", 0);
    expect(outage()).toBeUndefined();

    await kafka?.kill9();
    const calls = [catalog.put("topic", "a", "lost", 1), catalog.caughtUp(), node(cluster.bootstrap, prefix).catalog()];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "engine_unavailable" } });
    }
    expect((await catalog.get("topic", "a"))?.value).toBe("before");
    expect(outage()).toContain(`The Kafka topic "${prefix}_catalog" cannot be read`);
    await kafka?.start();

    await eventually("the catalog takes changes again", async () => {
      const version = (await catalog.get("topic", "a"))?.version ?? 0;
      return catalog.put("topic", "a", "after", version).then(
        () => true,
        () => false,
      );
    });
    expect((await catalog.get("topic", "a"))?.value).toBe("after");
    expect(outage()).toBeUndefined();
    const outages = each.told.filter((text) => text.startsWith("warn"));
    expect(outages).toEqual([`warn: The Kafka topic "${prefix}_catalog" cannot be read; it is tried for ever.`]);
  });
});

function fail(): never {
  throw new Error("There is one.");
}
