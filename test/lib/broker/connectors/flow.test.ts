import { expect, test } from "vitest";
import { openConnectorStage } from "../../../support/connectors.ts";

test("each change is in its table's topic, in order, under the source's id and the row's key", async () => {
  const stage = await openConnectorStage();

  stage.source.commit([
    { id: "a-0", key: "1" },
    { id: "a-1", table: 1, key: "9" },
    { id: "a-2", key: "2" },
  ]);
  stage.source.commit([{ id: "b-0", key: "1", text: '{"op":"u"}' }]);
  await stage.idle();

  expect(await stage.log()).toBe("a-0 a-2 b-0");
  expect(await stage.log(1)).toBe("a-1");
  const last = (await stage.stored()).at(-1);
  expect(last).toMatchObject({ key: "1", attributes: [] });
  expect(new TextDecoder().decode(last?.payload)).toBe('{"op":"u"}');
});

test("a batch is declared safe once it is durable, and not before", async () => {
  const stage = await openConnectorStage();
  const appending = stage.engine.hold({ call: "log.append", on: "topic-2" });

  stage.source.commit([{ id: "a-0" }, { id: "a-1", table: 1 }]);
  await appending.arrived;
  const before = [...stage.source.safe];
  appending.letGo();
  await stage.idle();

  expect(before).toEqual([]);
  expect(stage.source.safe).toEqual([1]);
});

test("the report says how far it is and what was stored", async () => {
  const stage = await openConnectorStage();

  stage.source.commit([
    { id: "a-0", timeMs: 5 },
    { id: "a-1", timeMs: 7 },
  ]);
  await stage.pass(1_000);

  expect(await stage.report()).toMatchObject({
    ...{ status: "streaming", fault: null, warnings: [], checkpoint: { at: 1 }, position: "0/1", snapshot: null },
    ...{ counts: { changes: 2, duplicates: 0, oversize: 0 }, lastChangeAtMs: 7 },
  });
});
