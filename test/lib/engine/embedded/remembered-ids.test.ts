import { cp } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import type { Engine } from "../../../../src/lib/engine/port.ts";
import { message, TOPIC } from "../../../conformance/fixtures.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { openIn, quickFolder, type TemporaryFolder } from "./fixtures.ts";

const WINDOW = { dedupeWindowMs: 600_000 };
const folders: TemporaryFolder[] = [];

afterEach(async () => {
  for (const { remove } of folders.splice(0)) await remove();
});

async function folder(): Promise<string> {
  const made = await quickFolder();
  folders.push(made);
  return made.dir;
}

async function append(engine: Engine, id: string, payload = `"${id}"`): Promise<string | undefined> {
  const [result] = await engine.log.append(TOPIC, [message(id, payload)], WINDOW);
  return result?.kind;
}

/** A directory as kill -9 leaves it. */
async function killedCopy(dir: string): Promise<string> {
  const copy = await folder();
  await cp(dir, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  return copy;
}

test("ids that no checkpoint had saved are known after kill -9, over several segments, and others are not", async () => {
  const [dir, clock] = [await folder(), manualClock()];
  const options = { clock, segmentBytesMax: 1_000 };
  const { engine } = await openIn(dir, options);
  await engine.log.createTopic(TOPIC);
  await append(engine, "saved");
  await clock.advance(2_000);
  for (let id = 0; id < 30; id += 1) await append(engine, `late-${id}`);
  await engine.log.append(TOPIC, [message("made by the broker")]);
  const copy = await killedCopy(dir);
  await engine.close();

  const { engine: next } = await openIn(copy, options);

  expect(await append(next, "saved")).toBe("duplicate");
  for (let id = 0; id < 30; id += 1) expect(await append(next, `late-${id}`)).toBe("duplicate");
  expect(await append(next, "late-3", '"other bytes"')).toBe("conflict");
  expect(await append(next, "made by the broker")).toBe("appended");
  await next.close();
});

test("of a call with both kinds only the ids that callers gave are known after kill -9", async () => {
  const [dir, clock] = [await folder(), manualClock()];
  const { engine } = await openIn(dir, { clock });
  await engine.log.createTopic(TOPIC);
  const deduped = ({ id }: { readonly id: string }) => id === "given";
  await engine.log.append(TOPIC, [message("made"), message("given")], { ...WINDOW, deduped });
  const copy = await killedCopy(dir);
  await engine.close();

  const { engine: next } = await openIn(copy, { clock });

  expect((await next.status()).rememberedIds).toBe(1);
  expect(await append(next, "given")).toBe("duplicate");
  expect(await append(next, "made")).toBe("appended");
  await next.close();
});

test("ids are forgotten when their window is over, so that the state does not grow for ever", async () => {
  const [dir, clock] = [await folder(), manualClock()];
  const { engine } = await openIn(dir, { clock });
  await engine.log.createTopic(TOPIC);
  for (let id = 0; id < 50; id += 1) await append(engine, `early-${id}`);
  await clock.advance(2_000);
  expect((await engine.status()).rememberedIds).toBe(50);

  clock.jump(600_001);
  await append(engine, "early-0", '"a new message"');
  await append(engine, "late");
  await engine.close();

  const { engine: next } = await openIn(dir, { clock });
  expect((await next.status()).rememberedIds).toBe(2);
  expect(await append(next, "early-0", '"a new message"')).toBe("duplicate");
  await next.close();
});

test("over their limit the oldest ids are forgotten first, and the operator is told once", async () => {
  const [dir, clock] = [await folder(), manualClock()];
  const { engine, told } = await openIn(dir, { clock, rememberedIdsMax: 20 });
  await engine.log.createTopic(TOPIC);
  for (let id = 0; id < 15; id += 1) await append(engine, `id-${id}`);
  await clock.advance(2_000);
  expect(told).toEqual([]);
  for (let id = 15; id < 40; id += 1) await append(engine, `id-${id}`);
  await engine.close();

  const { engine: next } = await openIn(dir, { clock, rememberedIdsMax: 20 });
  expect((await next.status()).rememberedIds).toBe(20);
  expect(await append(next, "id-39")).toBe("duplicate");
  expect(await append(next, "id-0")).toBe("appended");
  expect(told.filter(({ level }) => level === "warn")).toHaveLength(1);
  await next.close();
});
