// A service as a team would write it, except that it fails on purpose: it takes events by POST and keeps what it saw.
import { createServer } from "node:http";

/**
 * Listens on a free port of 127.0.0.1. `received` holds each push in order: `{ id, key, attempt, redriveCount, replay, status, payload }`. An
 * event whose `orderId` is in `broken` is answered 500 as often as its number says (`Infinity`: until it is mended), then 204.
 */
export async function startConsumer(broken) {
  const received = [];
  const failuresLeft = new Map(Object.entries(broken));
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const payload = Buffer.concat(chunks).toString();
    const status = answerFor(payload, failuresLeft);
    const id = request.headers["x-kb-messageid"];
    const [attempt, redriveCount] = ["deliveryattempt", "redrivecount"].map((name) => request.headers[`x-kb-${name}`]);
    received.push({
      id,
      key: request.headers["x-kb-key"],
      attempt: Number(attempt),
      redriveCount: Number(redriveCount ?? 0),
      replay: request.headers["x-kb-replay"],
      status,
      payload,
    });
    response.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${server.address().port}/events`,
    received,
    mend: (orderId) => failuresLeft.delete(orderId),
    close,
  };
}

function answerFor(payload, failuresLeft) {
  const { orderId } = JSON.parse(payload);
  const left = failuresLeft.get(orderId) ?? 0;
  if (left <= 0) return 204;
  failuresLeft.set(orderId, left - 1);
  return 500;
}
