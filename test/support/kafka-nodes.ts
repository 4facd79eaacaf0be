import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type KafkaSettings, parseBrokers } from "../../src/lib/domain/kafka-settings.ts";
import { ROLES, type Role } from "../../src/lib/domain/node.ts";
import type { HoldRecord, Holds } from "../../src/lib/engine/kafka/fold/holds.ts";
import type { OwnDocuments } from "../../src/lib/engine/kafka/fold/own-documents.ts";
import { type Ownership, openOwnership } from "../../src/lib/engine/kafka/ownership.ts";
import { openProducing } from "../../src/lib/engine/kafka/produce/open-producing.ts";
import { openWire, type Wire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { deferred } from "./promises.ts";

/** What is folded on every node, where a test has all nodes in one process: told to each of them at once. */
export interface SharedState {
  readonly holds: Holds;
  readonly documents: OwnDocuments;
}

export function sharedState(): SharedState {
  const records = new Map<string, HoldRecord>();
  const watchers = new Set<(resource: string) => void>();
  const documents = new Map<string, unknown>();
  return {
    holds: {
      of: (resource) => records.get(resource),
      all: () => records.values(),
      async put(record) {
        if ((records.get(record.resource)?.epoch ?? -1) > record.epoch) return;
        records.set(record.resource, record);
        for (const tell of [...watchers]) tell(record.resource);
      },
      forget: async (resource) => void records.delete(resource),
      watch(tell) {
        watchers.add(tell);
        return () => void watchers.delete(tell);
      },
    },
    documents: {
      get: (kind, name) => documents.get(`${kind}/${name}`),
      list: (kind) =>
        Array.from(documents)
          .filter(([key]) => key.startsWith(`${kind}/`))
          .map(([key, value]) => [key.slice(kind.length + 1), value] as const),
      async claim(kind, name, value) {
        const key = `${kind}/${name}`;
        if (!documents.has(key)) documents.set(key, value);
        return documents.get(key);
      },
      delete: async (kind, name) => void documents.delete(`${kind}/${name}`),
      caughtUp: async () => {},
    },
  };
}

export function settingsFor(servers: readonly string[]): KafkaSettings {
  return { brokers: parseBrokers(servers.join(",")), clientId: "kbroker-test", tls: null, sasl: null };
}

export const nodeName = (id: string) => ({ id, url: `http://${id}.test`, roles: ROLES });

/** Of a test alone: on one cluster nothing of it meets anything else. */
export const freshPrefix = () => `__kb_${randomUUID().slice(0, 8)}`;

/** Asks until it is so. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`It never came to be: ${what}.`);
    await delay(20);
  }
}

export interface KafkaNodeOptions {
  readonly servers: readonly string[];
  readonly prefix: string;
  readonly id: string;
  readonly state: SharedState;
  /** Left out: all of them. */
  readonly roles?: readonly Role[];
  /** Before the id of a topic: its name in Kafka. */
  readonly topicPrefix?: string;
  /** What the operator is told. */
  readonly told?: string[];
}

export interface KafkaNodeUnderTest extends Ownership {
  readonly wire: Wire;
  /** As on SIGTERM. */
  close(): Promise<void>;
  /** As on SIGSTOP: whatever it asks of Kafka is asked only once it is let go on. What it believes to own it goes on believing in. */
  freeze(): { letGo(): void };
  /** As on kill -9: nothing is said to anybody. What it holds it goes on believing in. */
  drop(): Promise<void>;
}

/** A node with everything but messages. */
export async function openNode({
  servers,
  prefix,
  id,
  state,
  roles = ROLES,
  topicPrefix = "",
  told = [],
}: KafkaNodeOptions): Promise<KafkaNodeUnderTest> {
  const open = openWire({ settings: settingsFor(servers), clock: systemClock });
  let thawed = Promise.resolve();
  const wire: Wire = {
    ...open,
    call: (to, act, options) =>
      open.call(
        to,
        async (connection) => {
          await thawed;
          return act(connection);
        },
        options,
      ),
  };
  const producing = openProducing(wire);
  const ownership = await openOwnership({
    wire,
    clock: systemClock,
    node: { ...nodeName(id), roles },
    prefix,
    groupPrefix: "",
    parkedPartitions: 4,
    producing,
    ...state,
    names: { nameOf: (topicId) => topicPrefix + topicId, idOf: (name) => name.slice(topicPrefix.length) },
    forgetReport: async () => {},
    report: (level, message, fields) => void told.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
  });
  let closed: Promise<void> | undefined;
  return {
    ...ownership,
    wire,
    close() {
      closed ??= (async () => {
        await ownership.owners.close();
        await producing.close();
        await wire.close();
      })();
      return closed;
    },
    freeze() {
      const gate = deferred();
      thawed = gate.promise;
      return { letGo: () => gate.resolve() };
    },
    drop: () => wire.close(),
  };
}
