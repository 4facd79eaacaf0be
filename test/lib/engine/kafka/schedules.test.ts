import { afterEach, expect } from "vitest";
import type { ScheduledMessage } from "../../../../src/lib/engine/port.ts";
import { describeWithKafka as describe, kafkaForTests, testWithKafka as test } from "../../../support/kafka.ts";
import { freshPrefix } from "../../../support/kafka-nodes.ts";
import { type StateNode, stateNode } from "./state-nodes.ts";

const open: StateNode[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

async function twoNodes() {
  const [servers, prefix] = [await kafkaForTests(), freshPrefix()];
  const nodes = [stateNode(servers, prefix), stateNode(servers, prefix)] as const;
  open.push(...nodes);
  const [one, other] = await Promise.all([nodes[0].schedules(), nodes[1].schedules()]);
  return { one, other };
}

const NOW_MS = 1_767_225_600_000;
const ALL = { countMax: 1_000, bytesMax: 1_000_000 };

function scheduled(id: string, text = id): ScheduledMessage {
  const message = { id, attributes: [], payload: new TextEncoder().encode(JSON.stringify(text)) };
  return { topicId: "topic-1", topic: "orders", message, scheduledAtMs: NOW_MS, dueMs: NOW_MS + 600_000 };
}

const textOf = ({ message: { payload } }: ScheduledMessage) => new TextDecoder().decode(payload);

describe("messages scheduled on several nodes", () => {
  test("what one node put any node finds and lists", async () => {
    const { one, other } = await twoNodes();

    for (let index = 0; index < 10; index++) {
      await one.put(scheduled(`m-${index}`));

      const found = await other.find("topic-1", `m-${index}`);
      expect(found && textOf(found)).toBe(`"m-${index}"`);
      expect(await other.list("topic-1", ALL)).toHaveLength(index + 1);
    }
  });

  test("of puts of one id on two nodes one is put, and all others are given that one", async () => {
    const { one, other } = await twoNodes();

    for (let round = 0; round < 10; round++) {
      const puts = [one, other, one, other].map((each, index) => each.put(scheduled(`m-${round}`, String(index))));
      const outcomes = await Promise.all(puts);

      const waits = await one.find("topic-1", `m-${round}`);
      const winner = outcomes.findIndex(({ kind }) => kind === "put");
      expect(waits && textOf(waits)).toBe(`"${winner}"`);
      const others = outcomes.flatMap((outcome) => (outcome.kind === "exists" ? [textOf(outcome.first)] : []));
      expect(others).toEqual(Array(3).fill(`"${winner}"`));
    }
    // Whoever came too late has cleared what it wrote: nothing of it comes due when the first one is gone.
    const resource = one.resourceOf("topic-1", "m-0");
    await one.remove({ resource, epoch: 1 }, [{ topicId: "topic-1", id: "m-0", dueMs: NOW_MS + 600_000 }]);
    expect(await other.find("topic-1", "m-0")).toBeUndefined();
  });

  test("a new owner is not given what the one before it has removed", async () => {
    const { one, other } = await twoNodes();
    const resource = one.resourceOf("topic-1", "a");
    const message = scheduled("a");

    for (let epoch = 1; epoch < 20; epoch += 2) {
      await one.put(message);
      const due = await other.due({ resource, epoch }, message.dueMs, ALL);
      expect(due.messages.map(({ message: { id } }) => id)).toEqual(["a"]);
      await other.remove({ resource, epoch }, [{ topicId: "topic-1", id: "a", dueMs: message.dueMs }]);

      expect((await one.due({ resource, epoch: epoch + 1 }, message.dueMs, ALL)).messages).toEqual([]);
    }
  });

  test("an id that another node has removed can be scheduled again at once", async () => {
    const { one, other } = await twoNodes();
    const resource = one.resourceOf("topic-1", "a");

    for (let round = 0; round < 10; round++) {
      expect(await one.put(scheduled("a", `round ${round}`))).toEqual({ kind: "put" });
      await other.find("topic-1", "a");
      await one.remove({ resource, epoch: 1 }, [{ topicId: "topic-1", id: "a", dueMs: NOW_MS + 600_000 }]);

      expect(await other.put(scheduled("a", "again"))).toEqual({ kind: "put" });
      await one.find("topic-1", "a");
      await other.remove({ resource, epoch: 1 }, [{ topicId: "topic-1", id: "a", dueMs: NOW_MS + 600_000 }]);
    }
  });
});
