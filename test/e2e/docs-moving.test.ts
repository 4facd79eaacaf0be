import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { eventually, startBroker, startConsumer, temporaryDir } from "./http.ts";
import { kbroker } from "./program.ts";

const PAGE = fileURLToPath(new URL("../../docs/moving.md", import.meta.url));
const TEST_MS_MAX = 120_000;

/** The lines that a reader types under a heading. */
async function linesUnder(heading: string): Promise<readonly string[]> {
  const page = await readFile(PAGE, "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const blocks = Array.from(section.matchAll(/^ *```sh\n(.*?)^ *```$/gms), ([, block = ""]) =>
    block.trim().split("\n"),
  );
  return blocks.flat().map((line) => line.trim());
}

/** Two brokers with the page's names, and a reader who types. */
async function world() {
  const [from, to, consumer, cwd] = [
    await startBroker(),
    await startBroker(),
    await startConsumer(),
    await temporaryDir(),
  ];
  await from.admin("topicCreate", "", { name: "orders" });
  await from.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: consumer.url });
  const type = async (line: string, replace: (line: string) => string = (same) => same) => {
    const words = replace(line)
      .replaceAll("http://old.internal:7070", from.url)
      .replaceAll("http://new.internal:7070", to.url);
    const ended = await kbroker(words.split(" ").slice(1), { cwd });
    expect({ line, ...ended }).toMatchObject({ exit: 0 });
    return ended.stdout;
  };
  for (const line of await linesUnder("The setup as a file")) await type(line);
  return { from, to, consumer, type };
}

test(
  "what docs/moving.md tells who drains works as it stands",
  async () => {
    const { from, to, consumer, type } = await world();
    const lines = await linesUnder("Drain");
    await from.publish("orders", '"old"');

    for (const line of lines) {
      await type(line);
      if (line.includes("import")) await to.publish("orders", '"new"');
    }

    expect(lines.length).toBeGreaterThan(2);
    expect((await consumer.received(2)).map(({ body }) => String(body)).sort()).toEqual(['"new"', '"old"']);
  },
  TEST_MS_MAX,
);

test(
  "what docs/moving.md tells who mirrors works as it stands: nothing is lost, ids, keys, attributes and bytes keep",
  async () => {
    const { from, to, consumer, type } = await world();
    const lines = await linesUnder("Mirror");
    const headers = { "x-kb-messageid": "o-1", "x-kb-key": "k 1", "event-type": "created", "x-kb-attr-a.b": "c,d" };
    await from.publish("orders", '{"a": 1.0,  "a":2}', headers);
    await consumer.received(1);
    let noted = "";

    for (const line of lines) {
      const told = await type(line, (text) => text.replace("2026-01-31T08:00:00Z", noted));
      if (line.includes("create mirror-orders"))
        await eventually(async () => expect(await to.admin("topicDescribe", "orders")).toMatchObject({ messages: 1 }));
      if (line.includes(" lag ")) {
        noted = JSON.parse(told).asOf;
        await from.publish("orders", '"waits"', { "x-kb-messageid": "o-2" });
      }
    }

    const pushes = await consumer.received(2);
    expect(lines.length).toBeGreaterThan(6);
    expect(pushes.map((push) => push.headers["x-kb-messageid"])).toEqual(["o-1", "o-2"]);
    const { messages } = await to.admin("topicDescribe", "orders");
    await to.admin("subscriptionRewind", "billing", { hours: 1 });
    const again = await consumer.received(2 + messages);
    expect(String(again[2]?.body)).toBe('{"a": 1.0,  "a":2}');
    expect(again[2]?.headers).toMatchObject(headers);
  },
  TEST_MS_MAX,
);
