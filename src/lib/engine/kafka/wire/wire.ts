import { setMaxListeners } from "node:events";
import { type Connection, findCoordinatorV6 } from "@platformatic/kafka";
import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { KafkaSettings } from "../../../domain/kafka-settings.ts";
import { KafkaFailure, kafkaFailure } from "./failure.ts";
import { type Address, openLinks, type Purpose } from "./links.ts";
import { createMetadata, type KafkaTopic } from "./metadata.ts";

/** Who is to answer. */
export type Target =
  | { readonly any: true }
  | { readonly leader: { readonly topic: string; readonly partition: number } }
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
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

export function openWire({ settings, clock }: WireOptions): Wire {
  const links = openLinks(settings);
  const coordinators = new Map<string, Address>();
  const closing = new AbortController();
  // One a call that is about to be tried again.
  setMaxListeners(0, closing.signal);
  const metadata = createMetadata((act) => call({ any: true }, act));

  async function call<T>(
    to: Target,
    act: (connection: Connection) => Promise<T>,
    options: CallOptions = {},
  ): Promise<T> {
    const { purpose = "admin", deadlineMs = CALL_DEADLINE_MS, slot, signal } = options;
    const untilMs = clock.monotonic() + deadlineMs;
    for (let attempt = 0; ; attempt += 1) {
      let connection: Connection | undefined;
      try {
        connection = await connectionTo(to, purpose, slot);
        return await act(connection);
      } catch (thrown) {
        if (thrown instanceof KBrokerError && !(thrown instanceof KafkaFailure)) throw thrown;
        const failure = kafkaFailure(thrown, aboutOf(to));
        forget(to, failure);
        // The library loses its place in what such a connection says once the late answer comes.
        if (connection !== undefined && failure.says("TIMEOUT")) links.drop(connection);
        const isOver = clock.monotonic() >= untilMs || closing.signal.aborted || signal?.aborted === true;
        if (!mayPass(to, failure) || isOver) throw failure;
        await clock.after(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempt), signal ?? closing.signal);
      }
    }
  }

  function forget(to: Target, failure: KafkaFailure): void {
    if ("coordinator" in to) coordinators.delete(to.coordinator);
    if ("leader" in to && mayPass(to, failure)) metadata.forget(to.leader.topic);
  }

  async function connectionTo(to: Target, purpose: Purpose, slot: number | undefined): Promise<Connection> {
    if ("leader" in to) return links.get(await leaderOf(to.leader), purpose, slot);
    if ("coordinator" in to) return links.get(await coordinatorOf(to.coordinator), purpose, slot);
    if ("node" in to) return links.get(await addressOf(to.node), purpose, slot);
    return anyConnection(purpose);
  }

  async function leaderOf({
    topic,
    partition,
  }: {
    readonly topic: string;
    readonly partition: number;
  }): Promise<Address> {
    const found = await metadata.topic(topic);
    const leader = found?.leaders[partition];
    if (leader === undefined)
      throw new KBrokerError("topic_not_found", `Kafka has no partition ${partition} of "${topic}".`);
    return addressOf(leader);
  }

  async function addressOf(node: number): Promise<Address> {
    const address = metadata.brokers().get(node);
    if (address !== undefined) return address;
    await metadata.refresh();
    const found = metadata.brokers().get(node);
    if (found === undefined) throw passing("LEADER_NOT_AVAILABLE", `The Kafka broker ${node} is not there.`);
    return found;
  }

  async function coordinatorOf(group: string): Promise<Address> {
    const known = coordinators.get(group);
    if (known !== undefined) return known;
    const connection = await anyConnection("admin");
    const { coordinators: found } = await findCoordinatorV6.api.async(connection, 0, [group]);
    const [coordinator] = found;
    if (coordinator === undefined || coordinator.nodeId < 0) {
      throw passing("COORDINATOR_NOT_AVAILABLE", `No Kafka broker coordinates the group "${group}" yet.`);
    }
    const address = { host: coordinator.host, port: coordinator.port };
    coordinators.set(group, address);
    return address;
  }

  /** A broker that is known, or one of those that were given. The last failure is the one that is told. */
  async function anyConnection(purpose: Purpose): Promise<Connection> {
    let failure: unknown;
    for (const address of [...metadata.brokers().values(), ...settings.brokers]) {
      try {
        return await links.get(address, purpose);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  return {
    call,
    topic: metadata.topic,
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

/** In the words of a message. */
function aboutOf(to: Target): string | undefined {
  if ("leader" in to) return `topic "${to.leader.topic}"`;
  return "coordinator" in to ? `group "${to.coordinator}"` : undefined;
}

/** As if the cluster had said it. */
function passing(apiId: string, message: string): Error {
  return Object.assign(new Error(message), { apiId });
}

/** A leader may be named before it has the partition of a new topic. Of a topic that is gone the next look at the cluster finds none. */
function mayPass(to: Target, failure: KafkaFailure): boolean {
  return failure.isPassing || ("leader" in to && failure.says("UNKNOWN_TOPIC_OR_PARTITION"));
}
