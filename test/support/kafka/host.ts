import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type RunOfKafka, runOfKafka } from "./run.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where test files ask for the Kafka of this run. */
    readonly kafkaHost: string;
  }
}

/**
 * vitest calls it once for each run. Test files live in processes of their own: they ask this one over HTTP on 127.0.0.1 whether there is a
 * Kafka (`/missing`) and where (`/bootstrap`). The first who asks makes it start; it ends with the run, however that ends.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = runOfKafka();
  // Where it is required, a run without it shall not go on for minutes before it says so.
  const reason = process.env.KBROKER_REQUIRE_KAFKA === "1" ? await kafka.missing() : undefined;
  if (reason !== undefined) throw new Error(reason);
  const server = createServer((request, response) => {
    answer(kafka, request.url).then(
      (value) => response.end(JSON.stringify(value ?? null)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  project.provide("kafkaHost", `http://127.0.0.1:${port}`);
  return async () => {
    server.close();
    await kafka.close();
  };
}

function answer(kafka: RunOfKafka, path: string | undefined): Promise<unknown> {
  return path === "/missing" ? kafka.missing() : kafka.bootstrap();
}
