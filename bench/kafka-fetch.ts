// `npm run bench:kafka-fetch [short]`: how often a topic's messages come from Kafka when 1 and when 10 subscriptions read it: bytes on the
// wire of the node that pushes, over all its connections to Kafka, while another node publishes. Once while all of them are at the tail, once
// when they begin with a backlog. Goal: with 10 at the tail as much as with 1.
import { admin } from "./backlog.ts";
import { isShort, publish, say, startNode, until, withKafka } from "./kafka-world.ts";
import { ask, leave, serve } from "./processes.ts";

const GOAL = 1.1;
const MESSAGES = isShort ? 1_000 : 5_000;
const MANY = 10;
const SCHEMA = '{"type":"object"}';

await withKafka(async ({ storage }) => {
  const sink = await serve("latency-sink");
  const startReader = () => startNode({ storage, node: { id: "reader", roles: ["outbox", "admin"] } });
  let reader = await startReader();
  const writer = await startNode({ storage, node: { id: "writer", roles: ["inbox", "admin"] } });
  const received = async () => Number((await ask(sink.child, "count")).count);

  async function topicFor(name: string, subscriptions: number): Promise<void> {
    // Only a public topic has more than 5, and a public one has a schema.
    await admin(reader.url, "POST", "/topics", { name, visibility: "public", schema: SCHEMA });
    for (let index = 0; index < subscriptions; index += 1)
      await admin(reader.url, "POST", "/subscriptions", {
        ...{ name: `${name}-${index}`, topic: name, endpoint: `${sink.url}/fast`, maxInFlight: 64 },
      });
  }

  /** Bytes from Kafka a message, until each subscription has each. */
  async function measure(subscriptions: number, begin: () => Promise<void>): Promise<number> {
    await received();
    const { receivedBytes } = await reader.wire();
    await begin();
    let left = MESSAGES * subscriptions;
    await until(async () => {
      left -= await received();
      return left <= 0;
    });
    return ((await reader.wire()).receivedBytes - receivedBytes) / MESSAGES;
  }

  const found = new Map<string, number>();
  for (const subscriptions of [1, MANY]) {
    const topic = `read-by-${subscriptions}`;
    await topicFor(topic, subscriptions);
    await measure(subscriptions, () => publish(writer.url, topic, MESSAGES));
    found.set(`tail ${subscriptions}`, await measure(subscriptions, () => publish(writer.url, topic, MESSAGES)));
    const all = (what: string) =>
      Promise.all(
        Array.from({ length: subscriptions }, (_, index) =>
          admin(reader.url, "POST", `/subscriptions/${topic}-${index}/${what}`),
        ),
      );
    await all("pause");
    await publish(writer.url, topic, MESSAGES);
    // So that nothing of it is known from before.
    await reader.stop();
    reader = await startReader();
    found.set(`backlog ${subscriptions}`, await measure(subscriptions, async () => void (await all("resume"))));
  }
  for (const where of ["tail", "backlog"]) {
    const [one = Number.NaN, many = Number.NaN] = [found.get(`${where} 1`), found.get(`${where} ${MANY}`)];
    const ratio = many / one;
    const verdict = where === "tail" ? `goal at most ${GOAL}: ${ratio <= GOAL ? "met" : "missed"}` : "no goal";
    const bytes = `${one.toFixed(0)} bytes from Kafka a message with 1 subscription, ${many.toFixed(0)} with ${MANY}`;
    say(`fetch, ${where}: ${bytes}: ratio ${ratio.toFixed(2)} (${verdict})`);
  }
  await Promise.all([reader.stop(), writer.stop()]);
  await leave(sink.child);
});
