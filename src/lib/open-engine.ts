import { brokersText, type KafkaSettings } from "./domain/kafka-settings.ts";
import type { NodeName } from "./domain/node.ts";
import { openEmbeddedEngine } from "./engine/embedded/engine.ts";
import type { EmbeddedLimits } from "./engine/embedded/limits.ts";
import type { KafkaLimits } from "./engine/kafka/engine.ts";
import type { Engine } from "./engine/port.ts";
import type { Log } from "./server/log.ts";
import { systemClock } from "./system-clock.ts";

/** Where everything is kept. */
export type Storage = EmbeddedStorage | KafkaStorage;

export interface EmbeddedStorage {
  readonly engine?: "embedded";
  readonly dataDir: string;
  /** Go on although data is missing, and count what is missing as damaged. */
  readonly acceptLoss: boolean;
  readonly limits?: Partial<EmbeddedLimits>;
}

export interface KafkaStorage {
  readonly engine: "kafka";
  readonly settings: KafkaSettings;
  /** Before the names of all topics and groups. Left out: nothing. */
  readonly prefix?: string;
  readonly limits?: Partial<KafkaLimits>;
}

/** The same for whoever started it: no secret in it. */
export type Place = { readonly engine: "embedded"; readonly dataDir: string } | KafkaPlace;

export interface KafkaPlace {
  readonly engine: "kafka";
  readonly brokers: string;
  /** Empty: none. */
  readonly prefix: string;
  readonly node: string;
  readonly advertised: string | null;
}

export interface EngineOptions {
  readonly storage: Storage;
  readonly node: NodeName;
  readonly log: Log;
  /** Nobody knows any more what is on disk. Told after the log. */
  readonly onFatal: (error: Error) => void;
}

export function placeOf(storage: Storage, { id, url }: NodeName): Place {
  if (storage.engine !== "kafka") return { engine: "embedded", dataDir: storage.dataDir };
  const { settings, prefix = "" } = storage;
  return { engine: "kafka", brokers: brokersText(settings.brokers), prefix, node: id, advertised: url };
}

/** The library of Kafka takes a second to load: only who is on Kafka pays for it. */
export async function openEngine({ storage, node, log, onFatal }: EngineOptions): Promise<Engine> {
  if (storage.engine === "kafka") {
    const { openKafkaEngine } = await import("./engine/kafka/engine.ts");
    return openKafkaEngine({ ...storage, node, clock: systemClock, report: log });
  }
  const { dataDir: dir, acceptLoss, limits } = storage;
  const fatal = (error: Error) => {
    log("error", "The broker ends: what is on disk is not known any more.", { error });
    onFatal(error);
  };
  return openEmbeddedEngine({ ...limits, dir, acceptLoss, node, clock: systemClock, report: log, onFatal: fatal });
}
