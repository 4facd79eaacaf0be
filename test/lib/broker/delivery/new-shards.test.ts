import { expect, test } from "vitest";
import { emptyShards } from "../../../../src/lib/engine/memory/storage.ts";
import { bytes } from "../../../support/broker.ts";
import { consumer, ok } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

const LOOK_MS = 10_000;

function grow({ storage }: Stage, topicId = "topic-1"): void {
  storage.topics.get(topicId)?.shards.push(...emptyShards(2));
}

/** A message a key, so that there is something in each shard. */
async function append({ engine }: Stage, prefix: string): Promise<readonly string[]> {
  const ids = Array.from({ length: 12 }, (_, index) => `${prefix}-${index}`);
  const appended = await engine.log.append(
    "topic-1",
    ids.map((id) => ({ id, attributes: [], payload: bytes("1") })),
  );
  expect(new Set(appended.map((each) => ("shard" in each ? each.shard.index : -1)))).toEqual(new Set([0, 1, 2]));
  return ids;
}

const receivedBy = ({ consumer: { received } }: Stage) => received.map(({ id }) => id).sort();

test("shards that are added while the subscription is owned are read from their start, and nothing comes twice", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "slow" ? "hold" : ok)) });
  await stage.append(["slow"]);
  await stage.clock.advance(0);
  grow(stage);
  const ids = await append(stage, "new");

  await stage.clock.advance(LOOK_MS);
  stage.consumer.answer("slow", ok);
  await stage.clock.advance(0);
  await stage.idle();

  expect(receivedBy(stage)).toEqual([...ids, "slow"].sort());
  await stage.pass(1_000);
  const committed = await stage.engine.cursors.load("subscription-1");
  const lows = committed.filter(({ shard }) => shard.topicId === "topic-1").map(({ cursor }) => cursor.low);
  expect(lows.reduce((sum, low) => sum + low, 0)).toBe(ids.length + 1);
  expect(lows).toHaveLength(3);
});

test("a push that does not end holds new shards up no longer than a release does, and comes again", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), limits: { releaseDrainMs: 5_000 } });
  await stage.append(["stuck"]);
  await stage.clock.advance(0);
  grow(stage);
  stage.consumer.script(() => ok);

  await stage.clock.advance(LOOK_MS + 5_000);
  await stage.idle();

  expect(stage.consumer.log()).toBe("stuck stuck");
  expect(stage.status().cursors).toHaveLength(3);
});

test("a subscription that is paused takes them, too, and reads them when it is resumed", async () => {
  const stage = await openStage({ subscription: { state: "paused" } });
  grow(stage);
  const ids = await append(stage, "new");
  await stage.pass(LOOK_MS);
  expect(stage.status().cursors).toHaveLength(3);

  await stage.change({ state: "active" });
  await stage.idle();

  expect(receivedBy(stage)).toEqual([...ids].sort());
});

test("so are those of the dead letter topic: what lies in them can be redriven", async () => {
  const stage = await openStage();
  grow(stage, "topic-2");

  await stage.pass(LOOK_MS);

  expect(stage.status().letters?.cursors.map(({ shard }) => shard.index)).toEqual([0, 1, 2]);
});
