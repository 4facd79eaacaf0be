import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";

export interface Push {
  readonly id: string;
  readonly attempt: number;
  readonly subscription: string;
  /** The rewind that brought it back. */
  readonly replay: string | undefined;
  readonly bodyBytes: number;
  /** What it was answered, once somebody was there to hear it: a broker that dies before has not delivered it. */
  status: number | undefined;
}

export interface RecordingConsumer {
  readonly url: string;
  /** Everything received, in order. */
  readonly pushes: readonly Push[];
}

/** A consumer over real HTTP. `answer` gives the status, when it likes. */
export async function startConsumer(answer: (push: Push) => number | Promise<number>): Promise<RecordingConsumer> {
  const pushes: Push[] = [];
  const server = createServer((request, response) => {
    const respond = async () => {
      const push = await received(request);
      pushes.push(push);
      const status = await answer(push);
      if (response.destroyed) return;
      push.status = status;
      response.writeHead(status).end();
    };
    respond().catch(() => response.destroy()); // The broker went away in the middle of its request.
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The system gave no port.");
  return { url: `http://127.0.0.1:${address.port}`, pushes };
}

async function received(request: IncomingMessage): Promise<Push> {
  let bodyBytes = 0;
  for await (const chunk of request) bodyBytes += Buffer.byteLength(chunk);
  const header = (name: string) => String(request.headers[name]);
  return {
    id: header("x-kb-messageid"),
    attempt: Number(header("x-kb-deliveryattempt")),
    subscription: header("x-kb-subscription"),
    replay: request.headers["x-kb-replay"]?.toString(),
    bodyBytes,
    status: undefined,
  };
}
