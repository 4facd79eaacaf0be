import { describe, expect, it, vi } from "vitest";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { AppendFailure } from "../../../../src/lib/engine/port.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { bytes, openTestBroker } from "../../../support/broker.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const ALL = { countMax: 2_000, bytesMax: 4_000_000 };

async function withTopic(options: Parameters<typeof openTestBroker>[0] = {}) {
  const test = await openTestBroker({ compileSchema: createCompileSchema(), ...options });
  const { topic } = await test.broker.createTopic({ name: "orders", visibility: "private" });
  const stored = async () => {
    const { records } = await test.engine.log.read({ topicId: topic.id, index: 0 }, 0, ALL);
    return records.map(({ id, payload }) => `${id} ${new TextDecoder().decode(payload)}`);
  };
  const publish = async (...lines: string[]) => {
    const results = await test.broker.publishBatch({ topic: "orders", batch: bytes(lines.join("\n")) });
    return results.map((one) => [
      one.line,
      "error" in one ? one.error.code : one.published.duplicate ? "duplicate" : "stored",
    ]);
  };
  const errorOf = async (line: string) => {
    const [result] = await test.broker
      .publishBatch({ topic: "orders", batch: bytes(`{"payload":0}\n${line}`) })
      .then((all) => all.slice(1));
    return result !== undefined && "error" in result ? result.error : undefined;
  };
  return { ...test, stored, publish, errorOf };
}

it("each line has a result, in the order of the lines", async () => {
  const { publish, stored, notes } = await withTopic();

  const results = await publish('{"payload":{"a": 1},"id":"a"}', "", '{"payload":2,"id":"b"}\r', "");

  expect(results).toEqual([
    [1, "stored"],
    [3, "stored"],
  ]);
  expect(await stored()).toEqual(['a {"a": 1}', "b 2"]);
  expect(notes.lines).toEqual(["published orders stored", "published orders stored"]);
});

it("a bad line changes nothing and holds up nobody else", async () => {
  const { publish, stored } = await withTopic({ newId: () => "made" });

  const results = await publish('{"payload":1}', "{", '{"payload":2,"id":"ä"}', '{"payload":3}');

  expect(results).toEqual([
    [1, "stored"],
    [2, "invalid_json"],
    [3, "invalid_request"],
    [4, "stored"],
  ]);
  expect(await stored()).toEqual(["made 1", "made 3"]);
});

it("all lines may be bad", async () => {
  const { publish, stored } = await withTopic();

  expect(await publish("1", "2")).toEqual([
    [1, "invalid_request"],
    [2, "invalid_request"],
  ]);
  expect(await stored()).toEqual([]);
});

it("an id that comes twice in a batch is stored once, and is a conflict with other bytes", async () => {
  const { publish, stored } = await withTopic();

  const results = await publish(
    '{"payload":{"a":1},"id":"a"}',
    '{"id":"a","payload":{"a":1}}',
    '{"payload":{"a": 1},"id":"a"}',
  );

  expect(results.map(([, result]) => result)).toEqual(["stored", "duplicate", "message_id_conflict"]);
  expect(await stored()).toEqual(['a {"a":1}']);
});

it("a batch sent again stores nothing twice of the lines with an id, and knows single publishes", async () => {
  const { broker, publish, stored } = await withTopic({ newId: () => "made" });
  await broker.publish({ topic: "orders", id: "single", attributes: [], payload: bytes("0") });
  const lines = ['{"payload":0,"id":"single"}', '{"payload":1,"id":"a"}', '{"payload":2}'];
  await publish(...lines);

  const again = await publish(...lines);

  expect(again.map(([, result]) => result)).toEqual(["duplicate", "duplicate", "stored"]);
  expect(await stored()).toEqual(["single 0", "a 1", "made 2", "made 2"]);
});

it("is one append, whatever its lines carry, so that it costs one sync and keeps its order", async () => {
  const clock = manualClock();
  const sync = vi.fn(async () => undefined);
  const engine = memoryEngine({ clock, sync });
  const { publish, stored } = await withTopic({ clock, engine, newId: () => "made" });
  sync.mockClear();

  await publish('{"payload":1,"id":"a"}', '{"payload":2}', '{"payload":3,"id":"c"}');

  expect(sync).toHaveBeenCalledTimes(1);
  expect(await stored()).toEqual(["a 1", "made 2", "c 3"]);
});

it("when the broker cannot store, the batch fails as a whole and nothing of it is kept", async () => {
  const clock = manualClock();
  const sync = vi.fn(async () => undefined);
  const { publish, stored } = await withTopic({ clock, engine: memoryEngine({ clock, sync }) });
  sync.mockRejectedValueOnce(new KBrokerError("disk_full", "There is no room."));

  await expect(publish('{"payload":1,"id":"a"}', "{")).rejects.toMatchObject({ code: "disk_full" });

  expect(await stored()).toEqual([]);
  expect(await publish('{"payload":1,"id":"a"}')).toEqual([[1, "stored"]]);
});

describe("what is wrong with a line is said of that line", () => {
  it("with line and column, as it stands in the batch", async () => {
    const { errorOf } = await withTopic();

    expect(await errorOf('{"payload":{"a":1,}}')).toMatchObject({
      code: "invalid_json",
      message: 'The line is not JSON at column 19: Expected a key in double quotes, found "}".',
      problems: [{ line: 2, column: 19 }],
    });
  });

  it("with the pointer into the payload where the schema refuses it", async () => {
    const { broker, errorOf } = await withTopic();
    await broker.createSchema("orders", '{"properties": {"total": {"type": "number"}}}');

    expect(await errorOf('{"key":"k","payload":{"total":"1"}}')).toMatchObject({
      code: "schema_mismatch",
      problems: [{ pointer: "/total", line: 2, column: 31 }],
    });
  });

  it("with the same words as in a single publish", async () => {
    const { errorOf } = await withTopic();

    expect(await errorOf('{"payload":1,"key":"schlüssel"}')).toMatchObject({
      message: expect.stringContaining("not printable ASCII"),
    });
    expect(await errorOf('{"payload":1,"attributes":{"source":"ö"}}')).toMatchObject({
      message: expect.stringContaining("not printable ASCII"),
    });
    expect(await errorOf('{"payload":1,"attributes":{"ö":"1"}}')).toMatchObject({
      message: expect.stringContaining("which no header can have"),
    });
    expect(await errorOf('{"payload":1,"key":" k"}')).toMatchObject({
      message: "The key starts or ends with a space.",
    });
    expect(await errorOf(`{"payload":"${"x".repeat(65_536)}"}`)).toMatchObject({ code: "payload_too_large" });
  });
});

describe("the batch itself is refused, and nothing of it is kept, when", () => {
  it("its topic is not there or takes nothing", async () => {
    const { broker } = await withTopic();
    await broker.createTopic({ name: "news", visibility: "public" });
    const to = (topic: string) => broker.publishBatch({ topic, batch: bytes('{"payload":1}') });

    await expect(to("order")).rejects.toMatchObject({ code: "topic_not_found" });
    await expect(to("news")).rejects.toMatchObject({ code: "schema_required" });
  });

  it("it has more than 1 000 lines or more than 1 MiB, or none", async () => {
    const { publish, stored } = await withTopic();
    const lines = (count: number) => Array.from({ length: count }, () => '{"payload":1}');

    expect(await publish(...lines(1_000))).toHaveLength(1_000);
    await expect(publish(...lines(1_001))).rejects.toMatchObject({ code: "payload_too_large" });
    await expect(publish(" ".repeat(1_048_577))).rejects.toMatchObject({ code: "payload_too_large" });
    await expect(publish("\n \n")).rejects.toMatchObject({ code: "invalid_request" });
    expect(await stored()).toHaveLength(1_000);
  });
});

describe("where the engine takes some of the messages only", () => {
  const partly = async (...codes: readonly ("payload_too_large" | "engine_unavailable" | undefined)[]) => {
    const engine = memoryEngine({ clock: manualClock() });
    const append: typeof engine.log.append = async (topicId, records, options) => {
      const appended = await engine.log.append(topicId, records, options);
      const outcomes = appended.map((each, index) => {
        const code = codes[index];
        return code === undefined ? each : new KBrokerError(code, `No: ${code}.`);
      });
      const failure = outcomes.find((each) => each instanceof KBrokerError);
      if (failure !== undefined) throw new AppendFailure(failure, outcomes);
      return appended;
    };
    return withTopic({ engine: { ...engine, log: { ...engine.log, append } } });
  };

  it("those that it refuses for what they are have their own error, and the others their place", async () => {
    const { publish, notes } = await partly(undefined, "payload_too_large");

    const results = await publish('{"payload":1}', "{", '{"payload":2}', '{"payload":3}');

    expect(results).toEqual([
      [1, "stored"],
      [2, "invalid_json"],
      [3, "payload_too_large"],
      [4, "stored"],
    ]);
    expect(notes.lines).toEqual(["published orders stored", "published orders stored"]);
  });

  it("the batch fails as long as it is not known of all of them whether they are stored", async () => {
    const { publish, notes } = await partly(undefined, "payload_too_large", "engine_unavailable");

    const publishing = publish('{"payload":1}', '{"payload":2}', '{"payload":3}');

    await expect(publishing).rejects.toBeInstanceOf(AppendFailure);
    expect(notes.lines).toEqual([]);
  });
});
