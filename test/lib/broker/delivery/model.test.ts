import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { answered, broken, consumer, ok, refused, type Script } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

/** How a consumer treats a message: acknowledges it at its n-th delivery, holds its first one, never takes it, or breaks off until it is mended. */
type Kind = 1 | 2 | 3 | "held" | "poison" | "breaks";
const kind = fc.constantFrom<Kind[]>(1, 1, 1, 2, 3, "held", "poison", "breaks");

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      kinds: fc.array(kind, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(0, 1, 250, 1_000, 2_000, 12_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("crash", "restart", "answer", "down", "up", "pause", "resume", "move"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      call: fc.constantFrom("parked.put", "log.append", "cursors.commit", "log.read", "log.bounds"),
      point: fc.constantFrom("before", "after"),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

interface World {
  stage: Stage;
  readonly kinds: Map<string, Kind>;
  readonly acknowledged: Map<string, number>;
  isDown: boolean;
  isMended: boolean;
  generation: number;
}

function scriptOf(world: World): Script {
  const deliveries = new Map<string, number>();
  const outcome = (id: string) => {
    if (world.isDown) return refused;
    const count = (deliveries.get(id) ?? 0) + 1;
    deliveries.set(id, count);
    const each = world.kinds.get(id) ?? 1;
    if (each === "poison") return answered(500);
    if (each === "breaks") return world.isMended ? ok : broken;
    if (each === "held") return count === 1 ? "hold" : ok;
    return count >= each ? ok : answered(503);
  };
  return ({ id }) => {
    const result = outcome(id);
    if (result === ok) world.acknowledged.set(id, (world.acknowledged.get(id) ?? 0) + 1);
    return result;
  };
}

function answerAll({ stage, acknowledged }: World): void {
  for (const id of stage.consumer.held) {
    acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1);
    stage.consumer.answer(id, ok);
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(world: World, each: Step): Promise<void> {
  const { stage } = world;
  if (each.do === "publish") {
    const ids = each.kinds.map((next) => {
      const id = `${next}-${world.kinds.size}`;
      world.kinds.set(id, next);
      return id;
    });
    await stage.append(ids);
  } else if (each.do === "pass") await stage.clock.advance(each.ms);
  else if (each.do === "fail") {
    const on = each.call === "log.append" ? { on: "topic-2" } : {};
    stage.engine.fail({ call: each.call, point: each.point, times: each.times, ...on });
  } else if (each.do === "crash") world.stage = await stage.crash();
  else if (each.do === "restart") {
    const stopped = stage.delivery.stop(1_000);
    await stage.clock.advance(1_000);
    await stopped;
    world.stage = await stage.crash();
  } else if (each.do === "answer") answerAll(world);
  else if (each.do === "down" || each.do === "up") world.isDown = each.do === "down";
  else if (each.do === "move") await stage.change({ generation: ++world.generation });
  else await stage.change({ state: each.do === "pause" ? "paused" : "active" });
}

/** Everything works again; runs until nothing is left to do. */
async function settleDown(world: World): Promise<void> {
  world.isDown = false;
  world.isMended = true;
  world.stage = await world.stage.crash();
  await world.stage.change({ state: "active" });
  for (let round = 0; round < 500; round += 1) {
    answerAll(world);
    await world.stage.clock.advance(round < 5 ? 2_000 : 10_000);
    const { inFlight, parked, cursors } = world.stage.status();
    if (inFlight + parked === 0 && cursors[0]?.cursor.low === world.kinds.size) break;
  }
  // Where all were bad, one good message shows that the endpoint is well.
  world.kinds.set("1-last", 1);
  await world.stage.append(["1-last"]);
  await world.stage.clock.advance(12_000);
  await world.stage.idle();
}

test.prop([fc.array(step, { maxLength: 40 })], { numRuns: 200 })(
  "whatever fails, crashes and pauses: every message is acknowledged or is a dead letter, once and for the right reason",
  async (steps) => {
    const world: World = {
      kinds: new Map(),
      acknowledged: new Map(),
      isDown: false,
      isMended: false,
      generation: 0,
      stage: await openStage({ start: false }),
    };
    world.stage = await openStage({
      consumer: consumer(scriptOf(world)),
      subscription: { maxInFlight: 4 },
      limits: { readCountMax: 8, parkedMax: 6, parkBatchMax: 3, burialBatchMax: 2, uncommittedMax: 20, commitCount: 5 },
    });

    for (const each of steps) await take(world, each);
    await settleDown(world);

    const letters = await world.stage.deadLetters();
    const died = letters.map((letter) => letter.split(":")[0] ?? "");
    const poison = [...world.kinds].filter(([, each]) => each === "poison").map(([id]) => id);
    const broke = died.filter((id) => world.kinds.get(id) === "breaks");
    expect(letters).toHaveLength(poison.length + broke.length);
    const reasons = [...poison.map((id) => `${id}: answered`), ...broke.map((id) => `${id}: unavailable`)];
    expect(new Set(letters)).toEqual(new Set(reasons));
    const alive = [...world.kinds.keys()].filter((id) => !died.includes(id));
    expect(new Set(world.acknowledged.keys())).toEqual(new Set(alive));
    expect(await world.stage.committed().then((cursor) => cursor?.low ?? 0)).toBe(world.kinds.size);
    expect(world.stage.status()).toMatchObject({ inFlight: 0, parked: 0, health: "ok" });
  },
  300_000,
);
