import { createServer, type Server } from "node:net";
import { type Connection, TimeoutError } from "@platformatic/kafka";
import { expect, onTestFinished, test } from "vitest";
import { openLinks } from "../../../../../src/lib/engine/kafka/wire/links.ts";
import { openWire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../../../../src/lib/system-clock.ts";

/** Takes connections and says nothing; `reads: false`: takes no byte either, as a process that was stopped. */
async function silentBroker({ reads = true } = {}) {
  const server: Server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    if (reads) socket.resume();
    else socket.pause();
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
