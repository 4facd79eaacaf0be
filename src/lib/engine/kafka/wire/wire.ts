import { setMaxListeners } from "node:events";
import { type Connection, findCoordinatorV6 } from "@platformatic/kafka";
import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { KafkaSettings } from "../../../domain/kafka-settings.ts";
import { keepNewest } from "../../../domain/keep-newest.ts";
import { KafkaFailure, kafkaFailure } from "./failure.ts";
import { type Address, openLinks, type Purpose } from "./links.ts";
import { createMetadata, type KafkaTopic } from "./metadata.ts";
import { createTurns } from "./turns.ts";
import { createUnderWay } from "./under-way.ts";

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Who is to answer. */
export type Target =
  | { readonly any: true }
  | { readonly leader: Place }
  | { readonly coordinator: string }
  | { readonly node: number };

export interface CallOptions {
  readonly purpose?: Purpose;
  /** What passes is tried again until then; 0: never. */
  readonly deadlineMs?: number;
  /** Of several connections of one purpose, which; for joins. */
  readonly slot?: number;
  readonly signal?: AbortSignal;
}

/**
 * The one way to the cluster: finds who is to answer, keeps connections, tries again what passes. Every failure is a `KafkaFailure`. What
 * is told to `act` may be done twice (an answer can be lost), so that only what may be repeated is called with a deadline.
 */
export interface Wire {
  call<T>(to: Target, act: (connection: Connection) => Promise<T>, options?: CallOptions): Promise<T>;
  /** `undefined`: there is none. */
  topic(name: string): Promise<KafkaTopic | undefined>;
  /**
   * The node that leads a partition of a topic that there is. A broker may hear of a new topic a little later than the others, so that one
   * that is not there fails with `topic_not_found` only after `NEW_TOPIC_MS`.
   */
  leader(of: Place): Promise<number>;
  /** The next look at the topic asks the cluster. */
  forgetTopic(name: string): void;
  brokers(): ReadonlyMap<number, Address>;
  clusterId(): string | undefined;
  /** The clock of waits and deadlines. */
  readonly clock: Clock;
  close(): Promise<void>;
}

export interface WireOptions {
  readonly settings: KafkaSettings;
  readonly clock: Clock;
}

export const CALL_DEADLINE_MS = 10_000;
/** So much later may a broker hear of a new topic. */
export const NEW_TOPIC_MS = 3_000;
const NEW_TOPIC_POLL_MS = 100;
/** Groups whose coordinator is remembered. */
const COORDINATORS_MAX = 10_000;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

interface Reached {
  readonly connection: Connection;
  /** `undefined`: not known. */
  readonly node: number | undefined;
  readonly address: Address;
}

export function openWire({ settings, clock }: WireOptions): Wire {
  const links = openLinks(settings);
  const coordinators = new Map<string, number>();
  const closing = new AbortController();
  // One a call that is about to be tried again.
  setMaxListeners(0, closing.signal);
  const metadata = createMetadata((act) => call({ any: true }, act, { purpose: "ask" }));
  const turns = createTurns(() => [
    ...Array.from(metadata.brokers(), ([node, address]) => ({ node, address })),
    ...settings.brokers.map((address) => ({ node: undefined, address })),
  ]);
  const underWay = createUnderWay({
    clock,
    isThere: (node) => metadata.brokers().has(node),
    refresh: metadata.refresh,
    drop: links.drop,
    signal: closing.signal,
  });

  async function call<T>(
    to: Target,
    act: (connection: Connection) => Promise<T>,
    options: CallOptions & { readonly about?: string | undefined } = {},
  ): Promise<T> {
    const { purpose = "admin", deadlineMs = CALL_DEADLINE_MS, slot, signal, about = aboutOf(to) } = options;
    const sinceMs = clock.monotonic();
    for (let attempt = 0; ; attempt += 1) {
      let reached: Reached | undefined;
      try {
        reached = await reach(to, { purpose, slot, sinceMs, deadlineMs });
        const { node, connection } = reached;
        return await (node === undefined ? act(connection) : underWay.run(node, connection, act));
      } catch (thrown) {
        if (thrown instanceof KBrokerError && !(thrown instanceof KafkaFailure)) throw thrown;
        const failure = kafkaFailure(thrown, about);
        forget(to, failure);
        if (reached !== undefined) leaveAlone(reached, failure);
        const isOver = clock.monotonic() - sinceMs >= deadlineMs || closing.signal.aborted || signal?.aborted === true;
        if (!mayPass(to, failure) || isOver) throw failure;
        await clock.after(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempt), signal ?? closing.signal);
      }
    }
  }

  function forget(to: Target, failure: KafkaFailure): void {
    if ("coordinator" in to) coordinators.delete(to.coordinator);
    if ("leader" in to && mayPass(to, failure)) metadata.forget(to.leader.topic);
  }

  function leaveAlone({ connection, address }: Reached, failure: KafkaFailure): void {
    if (failure.says("TIMEOUT", "NETWORK", "CLOSED")) turns.failed(address);
    // The library loses its place in what such a connection says once the late answer comes.
    if (failure.says("TIMEOUT")) links.drop(connection);
  }

  async function reach(to: Target, { purpose, slot, sinceMs, deadlineMs }: Reaching): Promise<Reached> {
    if ("any" in to) return anyOf(purpose);
    const node = await nodeFor(to, sinceMs + Math.min(deadlineMs, NEW_TOPIC_MS));
    const address = await addressOf(node);
    return { node, address, connection: await links.get(address, purpose, slot) };
  }

  async function nodeFor(to: Exclude<Target, { readonly any: true }>, untilMs: number): Promise<number> {
    if ("node" in to) return to.node;
    return "leader" in to ? leaderOf(to.leader, untilMs) : coordinatorOf(to.coordinator);
  }

  async function leaderOf({ topic, partition }: Place, untilMs: number): Promise<number> {
    for (;;) {
      const leader = (await metadata.topic(topic))?.leaders[partition];
      if (leader !== undefined && leader >= 0) return leader;
      if (leader !== undefined) throw passing("LEADER_NOT_AVAILABLE", `"${topic}" has no leader right now.`);
      if (clock.monotonic() >= untilMs || closing.signal.aborted)
        throw new KBrokerError("topic_not_found", `Kafka has no partition ${partition} of "${topic}".`);
      await clock.after(NEW_TOPIC_POLL_MS, closing.signal);
      metadata.forget(topic);
    }
  }

  async function addressOf(node: number): Promise<Address> {
    const address = metadata.brokers().get(node);
    if (address !== undefined) return address;
    await metadata.refresh();
    const found = metadata.brokers().get(node);
    if (found === undefined) throw passing("LEADER_NOT_AVAILABLE", `The Kafka broker ${node} is not there.`);
    return found;
  }

  async function coordinatorOf(group: string): Promise<number> {
    const known = coordinators.get(group);
    if (known !== undefined) return known;
    const find = (connection: Connection) => findCoordinatorV6.api.async(connection, 0, [group]);
    const options = { purpose: "ask", deadlineMs: 0, about: aboutOf({ coordinator: group }) } as const;
    const { coordinators: found } = await call({ any: true }, find, options);
    const node = found[0]?.nodeId ?? -1;
    if (node < 0) throw passing("COORDINATOR_NOT_AVAILABLE", `No Kafka broker coordinates the group "${group}" yet.`);
    keepNewest(coordinators, [group, node], COORDINATORS_MAX);
    return node;
  }

  /** A broker that is known, or one of those that were given. The last failure is the one that is told. */
  async function anyOf(purpose: Purpose): Promise<Reached> {
    let failure: unknown;
    for (const { node, address } of turns.all()) {
      try {
        return { node, address, connection: await links.get(address, purpose) };
      } catch (error) {
        turns.failed(address);
        failure = error;
      }
    }
    throw failure;
  }

  return {
    call: (to, act, options) => call(to, act, options),
    topic: metadata.topic,
    leader: (of) => leaderOf(of, clock.monotonic() + NEW_TOPIC_MS),
    forgetTopic: metadata.forget,
    brokers: metadata.brokers,
    clusterId: metadata.clusterId,
    clock,
    async close() {
      closing.abort();
      await links.close();
    },
  };
}

interface Reaching {
  readonly purpose: Purpose;
  readonly slot: number | undefined;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** In the words of a message. */
function aboutOf(to: Target): string | undefined {
  if ("leader" in to) return `topic "${to.leader.topic}"`;
  return "coordinator" in to ? `group "${to.coordinator}"` : undefined;
}

/** As if the cluster had said it. */
function passing(apiId: string, message: string): Error {
  return Object.assign(new Error(message), { apiId });
}

function mayPass(to: Target, failure: KafkaFailure): boolean {
  return "leader" in to ? failure.mayPassAtLeader : failure.isPassing;
}
