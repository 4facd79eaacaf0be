import { afterEach, beforeEach, expect, test } from "vitest";
import { idsIn, message, SHARD, TOPIC } from "../../../conformance/fixtures.ts";
import { openIn, quickFolder, type TemporaryFolder } from "./fixtures.ts";
import { heldFiles } from "./held-files.ts";

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await quickFolder();
});

afterEach(async () => {
  await folder.remove();
});

const settled = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === "fulfilled" ? "stored" : result.reason.code));

test.each([
  { limit: "in number", limits: { backlogCountMax: 3 } },
  { limit: "in bytes", limits: { backlogBytesMax: 1_000 } },
])(
  "a backlog that is at its limit $limit answers overloaded, keeps nothing of it, and takes more when it is written",
  async ({ limits }) => {
    const { files, disk } = heldFiles();
    const { engine } = await openIn(folder.dir, { files, ...limits });
    await engine.log.createTopic(TOPIC);
    const hold = disk.hold();
    const waiting = ["a", "b", "c"].map((id) => engine.log.append(TOPIC, [message(id, `"${"x".repeat(200)}"`)]));

    const refused = engine.log.append(TOPIC, [message("d", `"${"x".repeat(200)}"`)]);

    await expect(refused).rejects.toMatchObject({ code: "overloaded", retryAfterS: 1 });
    hold.letGo();
    await Promise.all(waiting);
    await engine.log.append(TOPIC, [message("e")]);
    expect(await idsIn(engine)).toEqual(["a", "b", "c", "e"]);
    await engine.close();
  },
);

test("repeats that wait for their first are bounded as well", async () => {
  const { files, disk } = heldFiles();
  const { engine } = await openIn(folder.dir, { files, backlogCountMax: 3 });
  await engine.log.createTopic(TOPIC);
  const hold = disk.hold();
  const repeat = () => engine.log.append(TOPIC, [message("a")], { dedupeWindowMs: 1_000 });
  const all = Promise.allSettled([1, 2, 3, 4, 5].map(repeat));

  hold.letGo();

  expect(settled(await all)).toEqual(["stored", "stored", "stored", "stored", "overloaded"]);
  expect(await idsIn(engine)).toEqual(["a"]);
  await engine.close();
});

test("a message that does not fit into a frame is refused, and nothing of its call is kept", async () => {
  const { engine } = await openIn(folder.dir);
  await engine.log.createTopic(TOPIC);
  const large = message("large", "x".repeat(1_048_576));
  const wide = { ...message("wide"), attributes: [["name", "v".repeat(30_000)] as const] };

  const results = await Promise.allSettled(
    [large, wide].map((one) => engine.log.append(TOPIC, [message("fits"), one])),
  );

  expect(settled(results)).toEqual(["payload_too_large", "payload_too_large"]);
  expect(await idsIn(engine)).toEqual([]);
  await expect(engine.log.createTopic("t".repeat(100))).rejects.toMatchObject({ code: "invalid_request" });
  await engine.close();
});

test("names and ids that are too long for a key are refused or hashed, and never fail a commit", async () => {
  const { engine, fatal } = await openIn(folder.dir);
  await engine.log.createTopic(TOPIC);
  const [id, other] = ["i".repeat(20_000), `${"i".repeat(19_999)}j`];
  const append = (name: string) => engine.log.append(TOPIC, [message(name, "1")], { dedupeWindowMs: 1_000 });

  await append(id);
  await append(other);
  const [repeat] = await append(id);

  expect(repeat).toMatchObject({ kind: "duplicate", offset: 0 });
  expect((await engine.log.bounds(SHARD)).end).toBe(2);
  await expect(engine.catalog.put("topic", "t".repeat(3_000), {}, 0)).rejects.toMatchObject({
    code: "invalid_request",
  });
  await engine.close();
  const { engine: next } = await openIn(folder.dir);
  expect((await next.status()).rememberedIds).toBe(2);
  expect(fatal).toEqual([]);
  await next.close();
});

test("who waits for more is let go when the engine closes, and what is asked of it then is refused", async () => {
  const { engine, fatal } = await openIn(folder.dir);
  await engine.log.createTopic(TOPIC);
  const waiting = engine.log.changed(SHARD, 0, new AbortController().signal);

  await engine.close();

  await waiting;
  const stopping = { code: "broker_stopping" };
  await expect(engine.log.append(TOPIC, [message("late")])).rejects.toMatchObject(stopping);
  await expect(engine.catalog.put("topic", "late", {}, 0)).rejects.toMatchObject(stopping);
  await expect(engine.catalog.get("topic", "late")).rejects.toMatchObject(stopping);
  await expect(engine.cursors.load("late")).rejects.toMatchObject(stopping);
  expect(fatal).toEqual([]);
});
