// A server of its own process for bench/publish.ts: `noop <port unused>` or `kbroker <dir>`. Tells its URL over IPC.
import Fastify from "fastify";
import { PAYLOAD_BYTES_MAX } from "../src/lib/domain/message.ts";
import { openBroker } from "../src/lib/open-broker.ts";
import { readBody } from "../src/lib/server/body.ts";
import { BODY_TIMEOUT_MS } from "../src/lib/server/limits.ts";

const [, , kind, dataDir = ""] = process.argv;
const url = kind === "noop" ? await openNoop() : await openKBroker();
process.send?.({ url });
process.on("message", () => process.send?.({ cpuUs: cpuUs() }));
process.on("disconnect", () => process.exit(0));

/** Reads the body as kbroker does, does nothing with it, and answers as many bytes. */
async function openNoop(): Promise<string> {
  const limits = { bytesMax: PAYLOAD_BYTES_MAX, timeoutMs: BODY_TIMEOUT_MS };
  const app = Fastify({ genReqId: () => "" });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, _payload, done) => readBody(request.raw, limits, done));
  app.post("/publish/:topic", async (_request, reply) => {
    reply.header("content-type", "application/json; charset=utf-8");
    return '{"id":"019ab000-0000-7000-8000-000000000000","topic":"orders","publishTime":"2026-01-01T00:00:00.000Z","duplicate":false}';
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function openKBroker(): Promise<string> {
  const broker = await openBroker({
    version: "bench",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: { dataDir, acceptLoss: false },
    log: { write: (line) => process.stderr.write(line), human: true },
    onFatal: () => process.exit(1),
  });
  await fetch(`${broker.url}/admin/v1/topics`, { method: "POST", body: '{"name":"orders"}' });
  return broker.url;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
