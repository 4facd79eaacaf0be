import { expect } from "vitest";
import {
  type Engine,
  type Ownership,
  SCHEDULES_PREFIX,
  type ScheduledKey,
  type ScheduledMessage,
} from "../../../src/lib/engine/port.ts";
import type { Check } from "../check.ts";
import { ALL, comparable, message, OTHER_TOPIC, own, TOPIC } from "../fixtures.ts";

const NOW_MS = 1_767_225_600_000;

function scheduled(id: string, inMs: number, changes: Partial<ScheduledMessage> = {}): ScheduledMessage {
  return {
    topicId: TOPIC,
    topic: "orders",
    message: message(id),
    scheduledAtMs: NOW_MS,
    dueMs: NOW_MS + inMs,
    ...changes,
  };
}

const keyOf = ({ topicId, message: { id }, dueMs }: ScheduledMessage): ScheduledKey => ({ topicId, id, dueMs });
const ids = (messages: readonly ScheduledMessage[]) => messages.map(({ message: { id } }) => id);
const whole = (given: ScheduledMessage) => ({ ...given, message: comparable(given.message) });

/** A new hold, also where there was one. */
async function hold(engine: Engine): Promise<Ownership> {
  const resource = engine.schedules.resourceOf(TOPIC, "a");
  await engine.owners.unwant(resource);
  return own(engine, resource);
}

async function putAll(engine: Engine, messages: readonly ScheduledMessage[]): Promise<void> {
  for (const one of messages) expect(await engine.schedules.put(one)).toEqual({ kind: "put" });
}

async function waiting(engine: Engine, topicId = TOPIC): Promise<readonly string[]> {
  return ids(await engine.schedules.list(topicId, ALL));
}

export const scheduleChecks: readonly Check[] = [
  {
    promise: "each scheduled message is due under a resource that can be owned and that no subscription has",
    async run({ engine }) {
      const resources = await engine.schedules.resources();

      expect(resources).toContain(engine.schedules.resourceOf(TOPIC, "a"));
      expect(resources).toContain(engine.schedules.resourceOf(OTHER_TOPIC, "b:2"));
      expect(resources.filter((resource) => !resource.startsWith(SCHEDULES_PREFIX))).toEqual([]);
    },
  },
  {
    promise: "a scheduled message comes back equal in every field, byte for byte, after a restart too",
    async run({ engine, restart }) {
      const payload = Uint8Array.from({ length: 65_536 }, (_, index) => index % 256);
      const attributes = [["x-kb-attr-a", " ü "] as const, ["event-type", ""] as const];
      const full = scheduled("m:1", 600_000, { message: { id: "m:1", key: "k 1", attributes, payload } });
      const long = scheduled("x".repeat(3_000), 600_001);
      await putAll(engine, [full, long]);
      const found = async ({ schedules }: Engine) =>
        [await schedules.find(TOPIC, "m:1"), ...(await schedules.list(TOPIC, ALL))].map((one) => one && whole(one));

      expect(await found(engine)).toStrictEqual([whole(full), whole(full), whole(long)]);
      const after = await restart();
      expect(await found(after)).toStrictEqual([whole(full), whole(full), whole(long)]);
      const { messages } = await after.schedules.due(await hold(after), NOW_MS + 600_001, ALL);
      expect(messages.map(whole)).toStrictEqual([whole(full), whole(long)]);
    },
  },
  {
    promise: "an id that waits in the topic is not put again, after a restart either: the first is given and stays",
    async run({ engine, restart }) {
      const first = scheduled("a", 600_000);
      await putAll(engine, [first]);
      const other = scheduled("a", 300_000, { message: message("a", '"other"') });

      for (const open of [async () => engine, restart]) {
        const each = await open();
        const again = await each.schedules.put(other);

        expect(again.kind === "exists" && whole(again.first)).toStrictEqual(whole(first));
        expect((await each.schedules.list(TOPIC, ALL)).map(whole)).toStrictEqual([whole(first)]);
      }
    },
  },
  {
    promise: "of puts of one id that race one is put, and the others are given it",
    async run({ engine }) {
      const puts = await Promise.all([1, 2, 3].map((minute) => engine.schedules.put(scheduled("a", minute * 60_000))));

      expect(puts.map(({ kind }) => kind).sort()).toEqual(["exists", "exists", "put"]);
      expect(await engine.schedules.count(TOPIC)).toBe(1);
      expect(await waiting(engine)).toEqual(["a"]);
    },
  },
  {
    promise: "topics are told apart: each has its own ids, list and count",
    async run({ engine }) {
      const elsewhere = { topicId: OTHER_TOPIC, topic: "other" };
      await putAll(engine, [scheduled("a", 2), scheduled("b", 1), scheduled("a", 3, elsewhere)]);

      expect([await waiting(engine), await waiting(engine, OTHER_TOPIC)]).toEqual([["b", "a"], ["a"]]);
      expect([await engine.schedules.count(TOPIC), await engine.schedules.count(OTHER_TOPIC)]).toEqual([2, 1]);
      expect((await engine.schedules.find(OTHER_TOPIC, "a"))?.dueMs).toBe(NOW_MS + 3);
      expect(await engine.schedules.find(OTHER_TOPIC, "b")).toBeUndefined();
      expect((await engine.status()).scheduled).toBe(3);
    },
  },
  {
    promise: "due gives what is due at the time, over all topics, the earliest first, and says when the next is",
    async run({ engine }) {
      const elsewhere = { topicId: OTHER_TOPIC };
      await putAll(engine, [scheduled("c", 300), scheduled("a", 100), scheduled("d", 301)]);
      await putAll(engine, [scheduled("b", 200, elsewhere), scheduled("e", 302, elsewhere)]);
      const owned = await hold(engine);

      const due = await engine.schedules.due(owned, NOW_MS + 300, ALL);
      const none = await engine.schedules.due(owned, NOW_MS + 99, ALL);
      const all = await engine.schedules.due(owned, NOW_MS + 1_000, ALL);

      expect([ids(due.messages), due.nextMs]).toEqual([["a", "b", "c"], NOW_MS + 301]);
      expect([ids(none.messages), none.nextMs]).toEqual([[], NOW_MS + 100]);
      expect([ids(all.messages), all.nextMs]).toEqual([["a", "b", "c", "d", "e"], undefined]);
    },
  },
  {
    promise: "due gives at most countMax messages and bytesMax of payload, but the first whatever its size",
    async run({ engine }) {
      const messages = ["a", "b", "c"].map((id, index) =>
        scheduled(id, index, { message: message(id, `"${"x".repeat(98)}"`) }),
      );
      await putAll(engine, messages);
      const owned = await hold(engine);
      const due = async (countMax: number, bytesMax: number) => {
        const found = await engine.schedules.due(owned, NOW_MS + 9, { countMax, bytesMax });
        return [ids(found.messages), found.nextMs];
      };

      expect(await due(2, 1_000)).toEqual([["a", "b"], NOW_MS + 2]);
      expect(await due(9, 200)).toEqual([["a", "b"], NOW_MS + 2]);
      expect(await due(9, 199)).toEqual([["a"], NOW_MS + 1]);
      expect(await due(9, 1)).toEqual([["a"], NOW_MS + 1]);
    },
  },
  {
    promise: "a list goes on behind what was given, without a gap or a repeat, also where many are due at once",
    async run({ engine }) {
      const messages = Array.from({ length: 23 }, (_, index) => scheduled(`m-${index}`, Math.floor(index / 5)));
      await putAll(engine, messages);
      const pages: (readonly string[])[] = [];
      for (let after: ScheduledKey | undefined; pages.length < messages.length; ) {
        const page = await engine.schedules.list(TOPIC, { countMax: 4, bytesMax: 1_000_000 }, after);
        const last = page.at(-1);
        if (last === undefined) break;
        pages.push(ids(page));
        after = keyOf(last);
      }

      expect(pages.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 3]);
      expect(pages.flat()).toEqual(await waiting(engine));
      expect(pages.flat().sort()).toEqual(ids(messages).sort());
    },
  },
  {
    promise: "what is removed is gone from everywhere, after a restart too, and removing it twice is fine",
    async run({ engine, restart }) {
      const [a, b, c] = [scheduled("a", 1), scheduled("b", 2), scheduled("c", 3)];
      await putAll(engine, [a, b, c]);
      const owned = await hold(engine);
      await engine.schedules.remove(owned, [keyOf(a), keyOf(b), keyOf(a)]);
      await engine.schedules.remove(owned, [keyOf(b)]);

      for (const open of [async () => engine, restart]) {
        const each = await open();
        expect(ids((await each.schedules.due(await hold(each), NOW_MS + 9, ALL)).messages)).toEqual(["c"]);
        expect(await waiting(each)).toEqual(["c"]);
        expect(await each.schedules.find(TOPIC, "a")).toBeUndefined();
        expect([await each.schedules.count(TOPIC), (await each.status()).scheduled]).toEqual([1, 1]);
      }
    },
  },
  {
    promise: "removing what was there before leaves what was scheduled under the same id since",
    async run({ engine }) {
      const [before, since] = [scheduled("a", 1), scheduled("a", 2)];
      await putAll(engine, [before]);
      const owned = await hold(engine);
      await engine.schedules.remove(owned, [keyOf(before)]);
      await putAll(engine, [since]);

      await engine.schedules.remove(owned, [keyOf(before)]);

      expect((await engine.schedules.list(TOPIC, ALL)).map(whole)).toStrictEqual([whole(since)]);
      expect(await engine.schedules.count(TOPIC)).toBe(1);
    },
  },
  {
    promise: "a superseded hold is given nothing that is due and removes nothing: epoch_stale",
    async run({ engine }) {
      const a = scheduled("a", 1);
      await putAll(engine, [a]);
      const old = await hold(engine);
      const current = await hold(engine);

      await expect(engine.schedules.remove(old, [keyOf(a)])).rejects.toMatchObject({ code: "epoch_stale" });
      await expect(engine.schedules.due(old, NOW_MS + 9, ALL)).rejects.toMatchObject({ code: "epoch_stale" });

      expect(ids((await engine.schedules.due(current, NOW_MS + 9, ALL)).messages)).toEqual(["a"]);
    },
  },
  {
    promise: "a topic's scheduled messages are forgotten, and those of no other topic",
    async run({ engine, restart }) {
      const messages = Array.from({ length: 2_500 }, (_, index) => scheduled(`m-${index}`, index));
      await Promise.all(messages.map((one) => engine.schedules.put(one)));
      await putAll(engine, [scheduled("a", 1, { topicId: OTHER_TOPIC })]);

      await engine.schedules.forget(TOPIC);

      for (const open of [async () => engine, restart]) {
        const each = await open();
        expect([await waiting(each), await waiting(each, OTHER_TOPIC)]).toEqual([[], ["a"]]);
        expect([await each.schedules.count(TOPIC), (await each.status()).scheduled]).toEqual([0, 1]);
        expect(ids((await each.schedules.due(await hold(each), NOW_MS + 9_999, ALL)).messages)).toEqual(["a"]);
      }
    },
  },
  {
    promise: "counts are right after puts and removals side by side, and after a restart",
    async run({ engine, restart }) {
      const owned = await hold(engine);
      const early = Array.from({ length: 200 }, (_, index) => scheduled(`early-${index}`, index));
      const late = Array.from({ length: 200 }, (_, index) => scheduled(`late-${index}`, index));
      await Promise.all(early.map((one) => engine.schedules.put(one)));

      const puts = late.map((one) => engine.schedules.put(one));
      const removals = early.map((one, index) =>
        engine.schedules.remove(owned, [keyOf(one), keyOf(early[index + 1] ?? one)]),
      );
      await Promise.all([...puts, ...removals]);

      expect(await engine.schedules.count(TOPIC)).toBe(200);
      const after = await restart();
      expect(await after.schedules.count(TOPIC)).toBe(200);
      expect((await waiting(after)).length).toBe(200);
    },
  },
];
