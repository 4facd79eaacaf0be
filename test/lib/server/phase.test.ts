import { expect, test } from "vitest";
import { healthReply } from "../../../src/lib/api/broker.ts";
import { openMetrics } from "../../../src/lib/server/metrics.ts";
import { openServer } from "../../../src/lib/server/server.ts";
import { deferred } from "../../support/promises.ts";
import { brokerWith, refused, startServer } from "./harness.ts";

const SETTINGS = { allowedHosts: [], log: () => undefined, newId: () => "r-1", version: "1.2.3" };
const LISTEN = { host: "127.0.0.1", port: 0, insecure: false };

test("a starting broker is alive, not ready, and refuses what it cannot do yet", async () => {
  const server = await openServer({ ...SETTINGS, listen: LISTEN, metrics: openMetrics() });

  const health = await fetch(`${server.url}/_/health`);
  const ready = await fetch(`${server.url}/_/ready`);
  const metrics = await fetch(`${server.url}/metrics`);
  const publish = await fetch(`${server.url}/publish/orders`, { method: "POST", body: "1" });
  await server.close();

  expect([health.status, healthReply.parse(await health.json())]).toEqual([200, { status: "ok" }]);
  expect([ready.status, healthReply.parse(await ready.json())]).toEqual([503, { status: "starting" }]);
  expect(metrics.status).toBe(200);
  expect(await refused(publish)).toMatchObject({ status: 503, code: "broker_starting" });
});

test("a stopping broker is alive, not ready, still shows itself, and takes nothing new", async () => {
  const server = await startServer({ listTopics: async () => [] });
  const before = await fetch(`${server.url}/_/ready`);

  server.refuse();

  const ready = await fetch(`${server.url}/_/ready`);
  const publish = await fetch(`${server.url}/publish/orders`, { method: "POST", body: "1" });
  expect(before.status).toBe(200);
  expect([ready.status, healthReply.parse(await ready.json())]).toEqual([503, { status: "stopping" }]);
  expect((await fetch(`${server.url}/_/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/admin/v1/topics`)).status).toBe(200);
  expect(publish.headers.get("connection")).toBe("close");
  expect(await refused(publish)).toMatchObject({ status: 503, code: "broker_stopping" });
  expect(server.published).toEqual([]);
});

test("closing waits for a request under way, and can be done twice", async () => {
  const [arrived, stored] = [deferred(), deferred()];
  const server = await startServer({
    publish: async ({ topic }) => {
      arrived.resolve();
      await stored.promise;
      return { id: "m-1", topic, publishTimeMs: 0, duplicate: false };
    },
  });
  const publish = fetch(`${server.url}/publish/orders`, { method: "POST", body: "1" });
  await arrived.promise;

  const closed = Promise.all([server.close(), server.close()]);
  stored.resolve();

  expect((await publish).status).toBe(200);
  await closed;
  await expect(fetch(`${server.url}/_/health`)).rejects.toThrow();
});

test("an address beyond loopback is refused unless it is asked for", async () => {
  const open = (insecure: boolean) =>
    openServer({ ...SETTINGS, listen: { host: "0.0.0.0", port: 0, insecure }, metrics: openMetrics() });

  await expect(open(false)).rejects.toMatchObject({ code: "usage", hint: expect.stringContaining("--insecure") });
  const server = await open(true);
  server.serve(brokerWith({}));

  expect((await fetch(`http://127.0.0.1:${new URL(server.url).port}/_/ready`)).status).toBe(200);
  await server.close();
});

test.each([
  ["no.such.host.invalid", "usage"],
  ["192.0.2.1", "usage"],
])("listening on %s says what is wrong", async (host, code) => {
  const open = openServer({ ...SETTINGS, listen: { host, port: 0, insecure: true }, metrics: openMetrics() });

  await expect(open).rejects.toMatchObject({ code });
});

test("a port that is taken is named", async () => {
  const first = await startServer();

  const second = openServer({ ...SETTINGS, listen: { ...LISTEN, port: first.port }, metrics: openMetrics() });

  await expect(second).rejects.toMatchObject({
    code: "port_in_use",
    message: expect.stringContaining(`${first.port}`),
  });
});

test.each(["http://x", "a/b", "a b", ""])("%j cannot be allowed as a host", async (name) => {
  const open = openServer({ ...SETTINGS, allowedHosts: [name], listen: LISTEN, metrics: openMetrics() });

  await expect(open).rejects.toMatchObject({ code: "usage" });
});
