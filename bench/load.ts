import { Client } from "undici";

/** What one round of requests came to. */
export interface Round {
  readonly count: number;
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly url: string;
  /** Of the next request. */
  readonly path: () => string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly durationMs: number;
}

/** One request after the other on each connection, for `durationMs`. Any answer but 2XX ends the bench. */
export async function runLoad({ url, path, body, headers = {}, connections, durationMs }: Load): Promise<Round> {
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const clients = Array.from({ length: connections }, () => new Client(url));
  const work = clients.map(async (client) => {
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      await request(client, { path: path(), body, headers });
      latenciesMs.push(performance.now() - sentMs);
    }
    await client.close();
  });
  await Promise.all(work);
  const tookS = (performance.now() - startMs) / 1_000;
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  const count = latenciesMs.length;
  return { count, perS: count / tookS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function request(
  client: Client,
  { path, body, headers }: Required<Pick<Load, "body" | "headers">> & { readonly path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0;
    client.dispatch(
      { method: "POST", path, body, headers: { "content-type": "application/json", ...headers } },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: () => {},
        onResponseEnd: () => (status >= 200 && status <= 299 ? resolve() : reject(new Error(`Answered ${status}.`))),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
