import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { ConnectorReply } from "../../src/lib/api/connector.ts";
import type { RouteBody } from "../../src/lib/api/routes.ts";
import type { TopicMessage } from "../../src/lib/api/topic-message.ts";
import type { AdminClient } from "../../src/lib/client/admin.ts";
import { temporaryDir } from "../e2e/http.ts";
import { ENGINE } from "./on-kafka/storage.ts";
import type { Postgresql } from "./postgresql.ts";

const PASSWORD_FILE = "shop-password";
const WAIT = { timeout: 90_000, interval: 50 };
const PAGE = 1_000;

export interface Shop {
  readonly server: Postgresql;
  /** For `broker start --secrets-dir`. */
  readonly secretsDir: string;
  /** Of a connector `shop` on these tables. */
  body(...tables: readonly string[]): RouteBody<"connectorCreate">;
  topic(table: string): string;
  /** Writes the file that the connector's password is read from. */
  keepPassword(password: string): Promise<void>;
}

/** A role `kbroker` that may read everything and replicate, and what a connector says to come in as it. */
export async function openShop(server: Postgresql): Promise<Shop> {
  const secretsDir = await temporaryDir();
  const keepPassword = (password: string) => writeFile(join(secretsDir, PASSWORD_FILE), `${password}\n`);
  await keepPassword("right");
  await server.createRole("kbroker", { password: "right", attributes: "REPLICATION" });
  await server.sql("GRANT CREATE ON DATABASE postgres TO kbroker; GRANT pg_read_all_data TO kbroker");
  return {
    server,
    secretsDir,
    keepPassword,
    topic: (table) => `cdc_shop-postgres_${table}`,
    body: (...tables) => ({
      name: "shop",
      kind: "postgresql",
      product: "shop",
      database: {
        host: server.host,
        port: server.port,
        database: "postgres",
        user: "kbroker",
        password: { kind: "file", name: PASSWORD_FILE },
        tls: "disable",
      },
      tables: tables.map((table) => ({ schema: "public", table })),
    }),
  };
}

/** Waits until the connector is as told, and gives what it then says. */
export function connectorBecomes(admin: AdminClient, wanted: object): Promise<ConnectorReply> {
  return vi.waitFor(async () => {
    const connector = await admin.call("connectorDescribe", { name: "shop" });
    const { status, fault, warnings } = connector;
    expect(connector, JSON.stringify({ status, fault, warnings })).toMatchObject(wanted);
    return connector;
  }, WAIT);
}

/** What a topic holds, in its order; on an engine that may store a message again, without those repeats, as its subscriptions get it. */
export async function messagesOf(admin: AdminClient, topic: string): Promise<readonly TopicMessage[]> {
  const messages: TopicMessage[] = [];
  for (let from = "beginning"; ; ) {
    const page = await admin.call("messageList", { name: topic, query: { from, limit: PAGE } });
    messages.push(...page.items);
    if (page.atEnd) return ENGINE === "kafka" ? withoutRepeats(messages) : messages;
    from = page.next;
  }
}

function withoutRepeats(messages: readonly TopicMessage[]): readonly TopicMessage[] {
  const seen = new Set<string>();
  return messages.filter(({ id, payload }) => {
    const before = seen.size;
    return seen.add(`${id} ${payload}`).size > before;
  });
}

/** A change of a row, or of a table. */
export interface ChangeEvent {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly op: "c" | "u" | "d" | "r" | "t";
  readonly source: {
    readonly lsn: string;
    readonly transaction: number | null;
    readonly snapshot: boolean;
    readonly unchanged?: readonly string[];
  };
}

export type Row = Readonly<Record<string, unknown>>;

export function eventOf({ payload }: TopicMessage): ChangeEvent {
  return JSON.parse(payload ?? "null");
}

/** Waits until the topic has a message with this key, and so all that was committed before it. */
export async function arrived(admin: AdminClient, topic: string, key: string): Promise<void> {
  let from = "beginning";
  await vi.waitFor(async () => {
    const query = { from, filter: `key=${key}`, limit: 1 };
    const { items, next } = await admin.call("messageList", { name: topic, query });
    if (items.length === 0) from = next;
    expect(items, `no event of ${key} up to ${next}`).toHaveLength(1);
  }, WAIT);
}

/** The state that somebody has who applies the events as docs/change-events.md tells: rows by key. */
export async function folded(messages: readonly TopicMessage[]): Promise<ReadonlyMap<string, Row>> {
  const page = await readFile(new URL("../../docs/change-events.md", import.meta.url), "utf8");
  const code = /^```js\n(.*?export function apply.*?)^```$/ms.exec(page)?.[1] ?? "";
  const { apply } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const copy = { rows: new Map<string, { readonly row: Row | null }>(), emptiedAt: "" };
  for (const message of messages) apply(copy, { id: message.id, key: message.key, event: eventOf(message) });
  return new Map(Array.from(copy.rows).flatMap(([key, { row }]) => (row === null ? [] : [[key, row]])));
}
