import { createServer, type Server, type Socket } from "node:net";
import { type Connection, findCoordinatorV6, metadataV12, TimeoutError, Writer } from "@platformatic/kafka";
import { expect, onTestFinished, test } from "vitest";
import { KafkaFailure } from "../../../../../src/lib/engine/kafka/wire/failure.ts";
import { type Address, openLinks } from "../../../../../src/lib/engine/kafka/wire/links.ts";
import { createKafkaTopic } from "../../../../../src/lib/engine/kafka/wire/topics.ts";
import { openWire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../../../../src/lib/system-clock.ts";
import { kafkaForTests, testWithKafka } from "../../../../support/kafka.ts";
import { eventually, freshPrefix, settingsFor } from "../../../../support/kafka-nodes.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

/** Takes connections and says nothing; `reads: false`: takes no byte either, as a process that was stopped. */
async function silentBroker({ reads = true } = {}) {
  return startBroker((socket) => void (reads ? socket.resume() : socket.pause()));
}

/** Answers each request with who is in the cluster. */
async function tellingBroker(members: () => ReadonlyMap<number, Address>) {
  return startBroker((socket) =>
    socket.on("data", (request) => socket.write(metadata(Buffer.from(request), members()))),
  );
}

/** Metadata, version 12, without topics; nothing asks for more than fits into one packet. */
function metadata(request: Buffer, members: ReadonlyMap<number, Address>): Buffer {
  const correlationId = request.readInt32BE(8);
  return Writer.create()
    .appendInt32(correlationId)
    .appendTaggedFields()
    .appendInt32(0)
    .appendArray(Array.from(members), (writer, [node, { host, port }]) =>
      writer.appendInt32(node).appendString(host).appendInt32(port).appendString(null),
    )
    .appendString("cluster")
    .appendInt32(1)
    .appendArray([], () => {})
    .appendTaggedFields()
    .prependLength().buffer;
}

async function startBroker(serve: (socket: Socket) => void) {
  const server: Server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It has no port.");
  const broker = { host: "127.0.0.1", port: address.port };
  return { broker, settings: { brokers: [broker], clientId: "test", tls: null, sasl: null } };
}

test("a connection whose answer did not come in time is used no more: the late answer would be taken for another's", async () => {
  const { settings } = await silentBroker();
  const wire = openWire({ settings, clock: systemClock });
  onTestFinished(() => wire.close());
  const seen: Connection[] = [];

  await wire.call({ any: true }, async (connection) => {
    seen.push(connection);
    if (seen.length === 1) throw new TimeoutError("Request timed out");
  });

  expect(seen).toHaveLength(2);
  expect(seen[1]).not.toBe(seen[0]);
  expect([seen[0]?.isConnected(), seen[1]?.isConnected()]).toEqual([false, true]);
});

test("closing does not wait for a broker that stands still and takes nothing", async () => {
  const { broker, settings } = await silentBroker({ reads: false });
  const links = openLinks(settings);
  const connection = await links.get(broker, "produce");
  connection.socket.write(Buffer.alloc(64 << 20));

  await links.close();

  expect(connection.isConnected()).toBe(false);
});

const askWho = (connection: Connection) => metadataV12.api.async(connection, [], false, false);

test("a broker that stands still is not the first to be asked again where any other would do", async () => {
  const silent = await silentBroker();
  const telling = await tellingBroker(() => new Map([[1, silent.broker]]));
  const settings = { ...silent.settings, brokers: [silent.broker, telling.broker] };
  const wire = openWire({ settings, clock: systemClock });
  onTestFinished(() => wire.close());

  // Its request is given up after 3 s, and it is the only broker that the cluster names, too.
  expect(await wire.topic("none")).toBeUndefined();
  expect(await wire.topic("none")).toBeUndefined();

  expect(Array.from(wire.brokers())).toEqual([[1, silent.broker]]);
});

test("a call to a broker that the cluster has given up ends long before its own time is over", async () => {
  const clock = manualClock();
  const silent = await silentBroker();
  const members = new Map<number, Address>();
  const telling = await tellingBroker(() => members);
  members.set(1, telling.broker).set(2, silent.broker);
  const wire = openWire({ settings: { ...silent.settings, brokers: [telling.broker] }, clock });
  onTestFinished(() => wire.close());
  let isAsked = false;
  const find = (connection: Connection) => {
    isAsked = true;
    return findCoordinatorV6.api.async(connection, 0, ["group"]);
  };

  let failure: unknown;
  const calling = wire.call({ node: 2 }, find, { purpose: "produce", deadlineMs: 0 });
  calling.catch((error: unknown) => {
    failure = error;
  });
  await eventually("the broker is asked", () => isAsked);
  for (let second = 0; second < 10; second += 1) {
    await clock.advance(1_000);
    await wire.topic("none");
  }
  expect(failure).toBeUndefined();
  members.delete(2);
  await eventually("it is given up", async () => {
    await clock.advance(1_000);
    return failure !== undefined;
  });

  expect(failure).toBeInstanceOf(KafkaFailure);
  expect(failure).toMatchObject({ kafkaCodes: ["CLOSED"], isPassing: true });
});

testWithKafka(
  "a topic that the broker which is asked has not heard of yet is waited for, and for a moment only",
  async () => {
    const wire = openWire({ settings: settingsFor(await kafkaForTests()), clock: systemClock });
    onTestFinished(() => wire.close());
    const name = `${freshPrefix()}_late`;

    const leading = wire.leader({ topic: name, partition: 0 });
    const calling = wire.call({ leader: { topic: name, partition: 0 } }, askWho);
    await createKafkaTopic(wire, { name, partitions: 1, configs: {} });

    expect(await leading).toBeGreaterThan(0);
    expect((await calling).brokers).not.toEqual([]);
    await expect(wire.leader({ topic: name, partition: 1 })).rejects.toMatchObject({ code: "topic_not_found" });
  },
);
