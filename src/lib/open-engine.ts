import { brokersText, type KafkaSettings } from "./domain/kafka-settings.ts";
import type { NodeName } from "./domain/node.ts";
import { openEmbeddedEngine } from "./engine/embedded/engine.ts";
import type { EmbeddedLimits } from "./engine/embedded/limits.ts";
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
}

/** The same for whoever started it: no secret in it. */
export type Place =
  | { readonly engine: "embedded"; readonly dataDir: string }
  | { readonly engine: "kafka"; readonly brokers: string; readonly node: string; readonly advertised: string | null };

export interface EngineOptions {
  readonly storage: Storage;
  readonly node: NodeName;
  readonly log: Log;
  /** Nobody knows any more what is on disk. Told after the log. */
  readonly onFatal: (error: Error) => void;
}

export function placeOf(storage: Storage, { id, url }: NodeName): Place {
  if (storage.engine !== "kafka") return { engine: "embedded", dataDir: storage.dataDir };
  return { engine: "kafka", brokers: brokersText(storage.settings.brokers), node: id, advertised: url };
}

/** The library of Kafka takes a second to load: only who is on Kafka pays for it. */
export async function openEngine({ storage, node, log, onFatal }: EngineOptions): Promise<Engine> {
  if (storage.engine === "kafka") {
    const { openKafkaEngine } = await import("./engine/kafka/engine.ts");
    return openKafkaEngine({ settings: storage.settings, node, clock: systemClock, report: log });
  }
  const { dataDir: dir, acceptLoss, limits } = storage;
  const fatal = (error: Error) => {
    log("error", "The broker ends: what is on disk is not known any more.", { error });
    onFatal(error);
  };
  return openEmbeddedEngine({ ...limits, dir, acceptLoss, node, clock: systemClock, report: log, onFatal: fatal });
}
