import { homedir } from "node:os";
import path from "node:path";
import { KBrokerError } from "../domain/error.ts";
import type { KafkaSettings } from "../domain/kafka-settings.ts";
import { flagOf, KAFKA_KEYS } from "./engine-keys.ts";
import type { EngineSettings } from "./engine-settings.ts";
import { kafkaConnection } from "./kafka-connection.ts";
import { type NodeFlags, type NodeSettings, nodeSettings } from "./node-settings.ts";

/** Where a broker keeps everything, as flags, variables and files say. */
export type StorageChoice = EmbeddedChoice | KafkaChoice;

export interface EmbeddedChoice {
  readonly engine: "embedded";
  readonly dataDir: string;
  readonly acceptLoss: boolean;
  readonly limits?: { readonly segmentBytesMax: number };
}

export interface KafkaChoice {
  readonly engine: "kafka";
  readonly settings: KafkaSettings;
  readonly prefix: string;
  readonly limits?: KafkaPartitions;
}

/** Of the topics that a broker makes in Kafka. */
export interface KafkaPartitions {
  readonly partitions: number;
  readonly parkedPartitions: number;
  readonly schedulePartitions: number;
}

export interface StorageFlags extends NodeFlags {
  readonly "data-dir"?: string | undefined;
  readonly "accept-loss"?: boolean | undefined;
  readonly "segment-bytes"?: number | undefined;
  readonly partitions?: number | undefined;
}

export interface StorageSources {
  readonly flags: StorageFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly engine: EngineSettings;
}

export interface ChosenStorage {
  readonly storage: StorageChoice;
  /** What this node says of itself to others; one alone has nobody to say it to. */
  readonly node: NodeSettings;
  /** What whoever starts the broker should know: one line each. */
  readonly notes: readonly string[];
}

const EMBEDDED_FLAGS = ["data-dir", "accept-loss", "segment-bytes"] as const satisfies readonly (keyof StorageFlags)[];
const KAFKA_FLAGS = [...KAFKA_KEYS.map(flagOf), "partitions", "node-id", "advertise", "roles"];

/** Fails with `config_invalid` for what is missing or cannot be, with `usage` for flags of the other engine. */
export async function chooseStorage({ flags, env, engine }: StorageSources): Promise<ChosenStorage> {
  const { value: name, origin } = await engine.engine();
  refuseFlagsOf(name === "kafka" ? EMBEDDED_FLAGS : KAFKA_FLAGS, { flags, chosen: { name, origin } });
  if (name === "kafka") {
    const { settings, notes } = await kafkaConnection(engine, env);
    const prefix = (await engine.kafka("prefix"))?.value ?? "";
    const storage: KafkaChoice = { engine: "kafka", settings, prefix, ...partitionsOf(flags) };
    return { storage, node: nodeSettings(flags, env), notes };
  }
  const segmentBytesMax = flags["segment-bytes"];
  const dataDir = path.resolve(flags["data-dir"] ?? defaultDataDir(env));
  const limits = segmentBytesMax === undefined ? {} : { limits: { segmentBytesMax } };
  return {
    storage: { engine: "embedded", dataDir, acceptLoss: flags["accept-loss"] === true, ...limits },
    node: {},
    notes: [],
  };
}

function partitionsOf({ partitions }: StorageFlags): Pick<KafkaChoice, "limits"> {
  if (partitions === undefined) return {};
  return { limits: { partitions, parkedPartitions: partitions, schedulePartitions: partitions } };
}

interface Refusal {
  readonly flags: StorageFlags;
  readonly chosen: { readonly name: string; readonly origin: string };
}

/** Doing without them unseen would let somebody believe that they hold. */
function refuseFlagsOf(others: readonly string[], { flags, chosen: { name, origin } }: Refusal): void {
  const given = Object.entries(flags).find(
    ([flag, value]) => others.includes(flag) && value !== undefined && (value !== false || flag === "tls"),
  );
  if (given === undefined) return;
  const other = name === "kafka" ? "embedded" : "kafka";
  const because = origin === "default" ? "the default" : origin;
  throw new KBrokerError(
    "usage",
    `--${given[0]} belongs to the ${other} engine; this broker runs on ${name} (${because}).`,
    {
      hint: `Leave it out, or give --engine ${other}.`,
    },
  );
}

/** The XDG rules: what is no absolute path counts as not set. */
function defaultDataDir({ XDG_DATA_HOME: home = "" }: StorageSources["env"]): string {
  return path.join(path.isAbsolute(home) ? home : path.join(homedir(), ".local", "share"), "kbroker");
}
