import { Pool } from "undici";

export interface PublisherOptions {
  readonly url: string;
  readonly topic: string;
  readonly countMax: number;
  /** The body of the next message, or `undefined` when there is nothing more to say. */
  next(): { readonly id: string; readonly payload: string } | undefined;
  /** Resolves while a broker is there. */
  up(): Promise<void>;
  acknowledged(id: string): void;
}

/**
 * Publishers that behave: each gives its message an id and sends it again until a broker answers. Fails on an answer other
 * than 200. Resolves when all have nothing more to say.
 */
export async function publishAll({ url, topic, countMax, ...options }: PublisherOptions): Promise<void> {
  const pool = new Pool(url, { connections: countMax });
  const one = async () => {
    for (let message = options.next(); message !== undefined; message = options.next()) {
      while (!(await sent(pool, topic, message))) await options.up();
      options.acknowledged(message.id);
    }
  };
  try {
    await Promise.all(Array.from({ length: countMax }, one));
  } finally {
    await pool.destroy();
  }
}

/** Whether it was answered; `false` when the broker was gone before or while it answered. */
async function sent(pool: Pool, topic: string, { id, payload }: { id: string; payload: string }): Promise<boolean> {
  const request = {
    method: "POST",
    path: `/publish/${topic}`,
    headers: { "x-kb-messageid": id },
    body: payload,
  } as const;
  const answer = await pool
    .request(request)
    .then(async ({ statusCode, body }) => ({ statusCode, text: await body.text() }))
    .catch(() => undefined);
  if (answer === undefined) return false;
  if (answer.statusCode !== 200) throw new Error(`Publishing ${id} was answered ${answer.statusCode}: ${answer.text}`);
  return true;
}
