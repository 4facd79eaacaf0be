import { expect, it } from "vitest";
import { bytes, openTestBroker } from "../../../support/broker.ts";

it("stores what is published, byte for byte", async () => {
  const { broker, engine, clock, notes } = await openTestBroker();
  const { topic } = await broker.createTopic({ name: "orders", visibility: "private" });
  const payload = bytes(' {"a": 1.0, "a": 2} ');

  const published = await broker.publish({
    topic: "orders",
    id: "o-1",
    key: "k 1",
    attributes: [["event-type", "created"]],
    payload,
  });

  expect(published).toEqual({ id: "o-1", topic: "orders", publishTimeMs: clock.now(), duplicate: false });
  const read = await engine.log.read({ topicId: topic.id, index: 0 }, 0, { countMax: 10, bytesMax: 1_000_000 });
  expect(read.records).toEqual([
    { id: "o-1", key: "k 1", attributes: [["event-type", "created"]], payload, offset: 0, timeMs: clock.now() },
  ]);
  expect(notes.lines).toEqual(["published orders stored"]);
});
