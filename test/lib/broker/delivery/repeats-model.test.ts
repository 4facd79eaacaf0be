import fc from "fast-check";
import { expect, test } from "vitest";
import type { StoredMessage } from "../../../../src/lib/domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../../../src/lib/domain/topic.ts";
import { bytes } from "../../../support/broker.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

const RUNS = 40;
const STEPS_MAX = 30;
const SHARDS = 3;

type Step =
  | { readonly kind: "publish"; readonly ids: readonly string[]; readonly given: boolean }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "crash" | "pause" | "resume" | "reopen" | "fail" | "mend" };

const ids = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("publish" as const), ids, given: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 400, 60_000, DEDUPE_WINDOW_MS / 2, DEDUPE_WINDOW_MS, DEDUPE_WINDOW_MS + 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("crash", "pause", "resume", "reopen", "fail", "mend"),
    }) as fc.Arbitrary<Step>,
  },
);

/** By the rule, and nothing else: what each record's place and time say of it. */
function isRepeat(record: StoredMessage, shard: readonly StoredMessage[]): boolean {
  const { dedupeWindowMs } = record;
  if (dedupeWindowMs === undefined) return false;
  return shard.some(
    ({ id, offset, timeMs, dedupeWindowMs: marked }) =>
      id === record.id && offset < record.offset && marked !== undefined && record.timeMs - timeMs <= dedupeWindowMs,
  );
}

test("whatever crashes, fails, pauses and opens anew: every first is acknowledged, and no repeat is ever pushed", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX }), async (steps) => {
      const acked = new Set<string>();
      const pushed = new Set<string>();
      const text = new TextDecoder();
      let isFailing = false;
      const other = consumer(({ push }) => {
        const record = text.decode(push.body);
        pushed.add(record);
        if (isFailing) return answered(500);
        acked.add(record);
        return ok;
      });
      // So long that nothing dies, however long it fails.
      const delaysMs = Array.from({ length: 100 }, () => 300_000);
      let [generation, number] = [0, 0];
      let stage: Stage = await openStage({
        engine: { shards: SHARDS, remembers: "nothing" },
        consumer: other,
        limits: { readCountMax: 4, commitCount: 3 },
        subscription: { maxInFlight: 3, retry: { kind: "list", delaysMs } },
      });

      for (const each of steps) {
        if (each.kind === "publish") {
          const records = each.ids.map((id) => ({ id, attributes: [], payload: bytes(String(number++)) }));
          await stage.engine.log.append("topic-1", records, each.given ? { dedupeWindowMs: DEDUPE_WINDOW_MS } : {});
        } else if (each.kind === "pass") await stage.clock.advance(each.ms);
        else if (each.kind === "crash") stage = await stage.crash();
        else if (each.kind === "pause") await stage.change({ state: "paused" });
        else if (each.kind === "resume") await stage.change({ state: "active" });
        else if (each.kind === "reopen") await stage.change({ generation: ++generation });
        else isFailing = each.kind === "fail";
      }
      isFailing = false;
      await stage.change({ state: "active" });
      await stage.pass(600_000);

      const shards = await stage.engine.log.shards("topic-1");
      const limits = { countMax: 10_000, bytesMax: 1e9 };
      const read = await Promise.all(
        shards.map(async (shard) => (await stage.engine.log.read(shard, 0, limits)).records),
      );
      const firsts = read.flatMap((records) => records.filter((record) => !isRepeat(record, records)));
      const expected = new Set(firsts.map(({ payload }) => text.decode(payload)));
      expect(acked).toEqual(expected);
      expect(pushed).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
});
