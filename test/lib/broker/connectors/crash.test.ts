import fc from "fast-check";
import { expect, test } from "vitest";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { type ConnectorStage, openConnectorStage } from "../../../support/connectors.ts";
import { type ScriptedChange, sourceError } from "../../../support/scripted-source.ts";

const STEPS_MAX = 25;

type Step =
  | { readonly kind: "commit"; readonly rows: readonly { readonly table: 0 | 1; readonly key: string }[] }
  | { readonly kind: "crash" | "hurry" | "drop" | "pause" | "resume" | "update" | "successor" }
  | { readonly kind: "fault"; readonly call: "log.append" | "reports.report"; readonly point: "before" | "after" }
  | { readonly kind: "pass"; readonly ms: number };

const row = fc.record({ table: fc.constantFrom(0 as const, 1 as const), key: fc.constantFrom("1", "2", "3") });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("commit" as const), rows: fc.array(row, { maxLength: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      call: fc.constantFrom("log.append" as const, "reports.report" as const),
      point: fc.constantFrom("before" as const, "after" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 500, 1_500, 20_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("crash", "hurry", "drop", "pause", "resume", "update", "successor" as const),
    }) as fc.Arbitrary<Step>,
  },
);

/** What the topics should hold: everything, once, in the order in which it was committed. */
interface Model {
  readonly ids: readonly [string[], string[]];
  generation: number;
}

test("whatever crashes, fails or pauses: nothing is lost, nothing is stored twice, each topic is in order", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX }), async (steps) => {
      const model: Model = { ids: [[], []], generation: 0 };
      let stage = await openConnectorStage({ limits: { page: { countMax: 2, bytesMax: 1_000 } } });
      for (const one of steps) stage = await run(stage, model, one);

      stage = await stage.crash();
      await stage.change({ state: "active" });
      await stage.pass(60_000);

      expect(await stage.log(0)).toBe(model.ids[0].join(" "));
      expect(await stage.log(1)).toBe(model.ids[1].join(" "));
      expect(await stage.report()).toMatchObject({ status: expect.stringMatching(/^(streaming|starting)$/) });
      const { changes } = (await stage.report()).counts;
      expect(changes).toBe(model.ids[0].length + model.ids[1].length);
    }),
    { numRuns: 150 },
  );
});

async function run(stage: ConnectorStage, model: Model, one: Step): Promise<ConnectorStage> {
  const { source, engine, clock } = stage;
  switch (one.kind) {
    case "commit":
      source.commit(one.rows.map((each) => committed(model, each)));
      return stage;
    case "fault": {
      const error = new KBrokerError(one.point === "before" ? "disk_full" : "internal", "A test made it fail.");
      engine.fail({ call: one.call, point: one.point, times: 1, error });
      return stage;
    }
    case "pass":
      await clock.advance(one.ms);
      return stage;
    case "hurry":
      await Promise.resolve();
      return stage;
    case "drop":
      source.fail(sourceError("database_unreachable"));
      return stage;
    case "pause":
    case "resume":
      await stage.change({ state: one.kind === "pause" ? "paused" : "active" });
      return stage;
    case "update":
      model.generation += 1;
      await stage.change({ generation: model.generation });
      return stage;
    case "successor":
      return stage.successor();
    case "crash":
      return stage.crash();
  }
}

function committed({ ids }: Model, { table, key }: { readonly table: 0 | 1; readonly key: string }): ScriptedChange {
  const id = `t${table}-${ids[table].length}`;
  ids[table].push(id);
  return { id, table, key };
}

test.each([
  ["log.append", "before"],
  ["log.append", "after"],
  ["reports.report", "before"],
  ["reports.report", "after"],
] as const)(
  "a process that dies as %s fails (%s it happened) loses nothing and stores nothing twice",
  async (call, point) => {
    for (let skip = 0; skip < 6; skip += 1) {
      let stage = await openConnectorStage();
      const { engine, source, clock } = stage;
      engine.fail({ call, point, skip, error: new KBrokerError("internal", "The end.") });
      for (const id of ["a", "b", "c", "d"]) {
        source.commit([{ id, key: "1" }]);
        await clock.advance(700);
      }

      stage = await stage.crash();
      await stage.pass(60_000);

      expect(await stage.log()).toBe("a b c d");
      expect((await stage.report()).counts.changes).toBe(4);
    }
  },
);

test("nothing is declared safe that the position does not know", async () => {
  const stage = await openConnectorStage();
  stage.source.commit([{ id: "a" }]);
  await stage.pass(2_000);
  const lift = stage.engine.fail({ call: "reports.report" });
  stage.source.commit([{ id: "b" }]);
  await stage.pass(2_000);
  const [before, log] = [[...stage.source.safe], await stage.log()];

  lift();
  await stage.pass(2_000);

  expect([before, log]).toEqual([[1], "a b"]);
  expect(stage.source.safe).toEqual([1, 2]);
});

test("counters rise over restarts", async () => {
  const first = await openConnectorStage();
  first.source.commit([{ id: "a" }]);
  await first.pass(2_000);
  await first.connectors.stop();

  const { clock, storage, source } = first;
  const second = await openConnectorStage({ clock, storage, source });
  source.commit([{ id: "b" }]);
  await second.pass(2_000);

  expect((await second.report()).counts.changes).toBe(2);
  expect((await second.report()).status).toBe("streaming");
});
