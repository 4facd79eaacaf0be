import { afterEach, expect } from "vitest";
import { type Lasting, lasting } from "../../../../../src/lib/engine/kafka/owners/lasting.ts";
import { createParkedLog } from "../../../../../src/lib/engine/kafka/positions/parked-log.ts";
import { parkedReading } from "../../../../../src/lib/engine/kafka/positions/parked-reading.ts";
import { openProducing } from "../../../../../src/lib/engine/kafka/produce/open-producing.ts";
import { notInTime } from "../../../../../src/lib/engine/kafka/wire/deadlines.ts";
import { createKafkaTopic } from "../../../../../src/lib/engine/kafka/wire/topics.ts";
import { openWire, type Wire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../../../../src/lib/system-clock.ts";
import { entry } from "../../../../conformance/fixtures.ts";
import { describeWithKafka as describe, kafkaForTests, testWithKafka as test } from "../../../../support/kafka.ts";
import { freshPrefix, settingsFor } from "../../../../support/kafka-nodes.ts";

const PARTITIONS = 8;
const RESOURCE = "subscription-1";
const EPOCH = 1;
const open: Wire[] = [];
const instant = { now: () => 0, monotonic: () => 0, after: async () => {} };
const last: Lasting = lasting({ clock: instant, isWanted: () => true, held: () => {} });

afterEach(async () => {
  await Promise.all(open.splice(0).map((wire) => wire.close()));
});

/** A topic, and a reading of it whose fetches `before` sees. */
async function reading(before: () => void, after: () => void = () => {}) {
  const topic = `${freshPrefix()}_parked`;
  const wire = openWire({ settings: settingsFor(await kafkaForTests()), clock: systemClock });
  open.push(wire);
  await createKafkaTopic(wire, { name: topic, partitions: PARTITIONS, configs: {} });
  const call: Wire["call"] = async (to, act, options) => {
    if (options?.purpose !== "read") return wire.call(to, act, options);
    before();
    try {
      return await wire.call(to, act, options);
    } finally {
      after();
    }
  };
  return { wire, topic, reading: parkedReading({ ...wire, call }, topic) };
}

describe("reading what is parked", () => {
  test("a fetch that is too late is made again, and what was read before it is not read again", async () => {
    const fetches = { made: 0, lateEvery: Number.POSITIVE_INFINITY };
    const parked = await reading(() => {
      fetches.made += 1;
      if (fetches.made % fetches.lateEvery === 0) throw notInTime();
    });
    const producing = openProducing(parked.wire);
    const log = createParkedLog({ ...parked, producing, partitions: 1, report: () => {} });
    const reason = "x".repeat(2_000);
    const entries = Array.from({ length: 1_500 }, (_, offset) => entry(offset, { reason }));
    await log.put(RESOURCE, EPOCH, entries);
    const undisturbed = (await parked.reading.read(0, RESOURCE)).entries(EPOCH).length;
    const fetchesUndisturbed = fetches.made;
    Object.assign(fetches, { made: 0, lateEvery: 2 });

    const fold = await parked.reading.read(0, RESOURCE, last);

    expect(undisturbed).toBe(entries.length);
    expect(fold.entries(EPOCH)).toHaveLength(entries.length);
    expect(fetchesUndisturbed).toBeGreaterThan(2);
    expect(fetches.made).toBeLessThan(2 * fetchesUndisturbed);
    await producing.close();
  });

  test("of many partitions only some are read at a time", async () => {
    let [underWay, most, made] = [0, 0, 0];
    const parked = await reading(
      () => {
        made += 1;
        underWay += 1;
        most = Math.max(most, underWay);
      },
      () => {
        underWay -= 1;
      },
    );

    await Promise.all(Array.from({ length: PARTITIONS }, (_, index) => parked.reading.read(index, RESOURCE)));

    expect(made).toBe(PARTITIONS);
    expect(most).toBeLessThanOrEqual(4);
  });
});
