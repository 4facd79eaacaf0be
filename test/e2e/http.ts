import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { errorReply } from "../../src/lib/api/error.ts";
import { ROUTES, type RouteName, type RouteReply } from "../../src/lib/api/routes.ts";
import { type BrokerConfig, type OpenBroker, openBroker } from "../../src/lib/open-broker.ts";
import type { EmbeddedStorage } from "../../src/lib/open-engine.ts";
import { storageOf } from "../support/on-kafka/storage.ts";

/** A folder that is gone after the test. */
export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-e2e-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface E2eBroker extends OpenBroker {
  readonly log: string[];
  readonly dataDir: string;
  /** An admin call; fails unless it is answered as the table says. */
  admin<N extends RouteName>(route: N, name: string, body?: unknown): Promise<RouteReply<N>>;
  publish(topic: string, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>;
}

/** The whole program in this process, on the engine of this run and a free port; closed after the test. */
export async function startBroker(
  storage: Partial<EmbeddedStorage> = {},
  config: Partial<BrokerConfig> = {},
): Promise<E2eBroker> {
  const log: string[] = [];
  const dataDir = storage.dataDir ?? (await temporaryDir());
  const broker = await openBroker({
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: storageOf({ acceptLoss: false, ...storage, dataDir }),
    log: { write: (line) => log.push(line), human: false },
    onFatal: (error) => {
      throw error;
    },
    ...config,
  });
  onTestFinished(() => broker.close());
  return {
    ...broker,
    log,
    dataDir,
    admin: (route, name, body) => admin(broker.url, { route, name, body }),
    publish: (topic, body, headers = {}) => fetch(`${broker.url}/publish/${topic}`, { method: "POST", body, headers }),
  };
}

async function admin<N extends RouteName>(
  url: string,
  { route, name, body }: { route: N; name: string; body: unknown },
): Promise<RouteReply<N>> {
  const { method, path, status, reply } = ROUTES[route];
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${url}${path.replace(":name", name)}`, { method, ...payload });
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status });
  return reply.parse(JSON.parse(text)) as RouteReply<N>;
}

export interface Push {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

export interface Consumer {
  readonly url: string;
  readonly pushes: Push[];
  /** What it answers from now on. */
  status: number;
  /** Awaited before each answer. */
  hold: Promise<void>;
  /** Resolves once `count` pushes have come in all. */
  received(count: number): Promise<readonly Push[]>;
}

/** A service that takes pushes, on a free port; closed after the test. */
export async function startConsumer(status = 204): Promise<Consumer> {
  const pushes: Push[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { headers } = request;
      pushes.push({ headers, body: Buffer.concat(chunks), contentType: headers["content-type"] });
      void consumer.hold.then(() => response.writeHead(consumer.status).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const consumer: Consumer = {
    url: `http://127.0.0.1:${port}/events`,
    pushes,
    status,
    hold: Promise.resolve(),
    received: (count) => eventually(() => expect(pushes.length).toBeGreaterThanOrEqual(count)).then(() => pushes),
  };
  return consumer;
}

/** Waits for what must become so; the bound is for a machine that is busy with something else. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 10 });
}

/** The error of a reply, with its status. */
export async function refusal(response: Response) {
  return { ...errorReply.parse(await response.json()).error, status: response.status };
}
