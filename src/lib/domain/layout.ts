/** A topic reads, moves and commits each of its partitions on its own: many thousands would make each of that slow. */
export const PARTITIONS_MAX = 1_000;
export const REPLICAS_MAX = 100;
/** Settings of the storage's own that one topic is given. */
export const CONFIGS_MAX = 50;
const CONFIG_NAME_LENGTH_MAX = 249;
const CONFIG_VALUE_LENGTH_MAX = 4_096;

/** How a new topic shall lie in a storage that has partitions and replicas; what is left out is as the storage has it. */
export interface LayoutWish {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Settings of the storage's own, by name. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** How a topic lies. */
export interface Layout {
  /** Under which the storage's own clients find it. */
  readonly name: string;
  /** It was there before it was a topic, and stays when the topic is deleted. */
  readonly isAdopted: boolean;
  /** By index. */
  readonly partitions: readonly PartitionLayout[];
}

export interface PartitionLayout {
  /** The node of the storage that serves it; `null`: none right now. */
  readonly leader: number | null;
  readonly replicas: readonly number[];
  /** Of the replicas, those that have every record that was acknowledged. */
  readonly inSync: readonly number[];
}

/** Of all partitions: as many as each of them has at least. */
export function replicationFactorOf({ partitions }: Layout): number {
  return partitions.length === 0 ? 0 : Math.min(...partitions.map(({ replicas }) => replicas.length));
}

/** What is wrong with the numbers and sizes of a wish, in a sentence; `undefined`: nothing. What the storage itself takes is for it to say. */
export function layoutProblem({ partitions, replicationFactor, configs = {} }: LayoutWish): string | undefined {
  if (partitions !== undefined && !isWithin(partitions, PARTITIONS_MAX))
    return `${partitions} partitions were asked for; it must be a whole number from 1 to ${PARTITIONS_MAX}.`;
  if (replicationFactor !== undefined && !isWithin(replicationFactor, REPLICAS_MAX))
    return `A replication factor of ${replicationFactor} was asked for; it must be a whole number from 1 to ${REPLICAS_MAX}.`;
  const entries = Object.entries(configs);
  if (entries.length > CONFIGS_MAX)
    return `${entries.length} settings were given; a topic takes at most ${CONFIGS_MAX}.`;
  return entries.map(configProblem).find((problem) => problem !== undefined);
}

function configProblem([name, value]: readonly [string, string]): string | undefined {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name) || name.length > CONFIG_NAME_LENGTH_MAX)
    return `${JSON.stringify(name.slice(0, 100))} is no name of a setting, such as min.insync.replicas.`;
  if (value.length <= CONFIG_VALUE_LENGTH_MAX) return undefined;
  return `The value of ${name} has ${value.length} characters; at most ${CONFIG_VALUE_LENGTH_MAX} are taken.`;
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}
