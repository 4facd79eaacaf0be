import { type Connection, createAPI, type Reader, Writer } from "@platformatic/kafka";
import { listIn, skipTagged } from "../wire/answer.ts";
import { failureOf } from "../wire/failure.ts";

/** What Kafka's brokers say of themselves, read by ourselves where the library leaves out what is needed, or reads it wrong. */
export interface Abilities {
  /** The level of `metadata.version` that the whole cluster has; `null`: it does not say. */
  readonly metadataVersion: number | null;
  /** The newest version of `DescribeCluster`. */
  readonly describeClusterMax: number;
}

const [API_VERSIONS, DESCRIBE_CLUSTER, CONSUMER_GROUP_DESCRIBE] = [18, 60, 69];
const FINALIZED_FEATURES = 2;

const apiVersions = createAPI<[], Abilities & { readonly errorCode: number }>(
  API_VERSIONS,
  3,
  () => Writer.create().appendString("kbroker").appendString("1").appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    const errorCode = reader.readInt16();
    const keys = listIn(reader, (each) => ({ key: each.readInt16(), min: each.readInt16(), max: each.readInt16() }));
    reader.readInt32();
    const describeClusterMax = keys.find(({ key }) => key === DESCRIBE_CLUSTER)?.max ?? 0;
    return { errorCode, describeClusterMax, metadataVersion: metadataVersionIn(reader) };
  },
  true,
  false,
);

function metadataVersionIn(reader: Reader): number | null {
  let found: number | null = null;
  for (let left = reader.readUnsignedVarInt(); left > 0; left -= 1) {
    const tag = reader.readUnsignedVarInt();
    const length = reader.readUnsignedVarInt();
    if (tag !== FINALIZED_FEATURES) {
      reader.skip(length);
      continue;
    }
    const features = listIn(reader, (each) => ({
      name: each.readString(),
      max: each.readInt16(),
      min: each.readInt16(),
    }));
    found = features.find(({ name }) => name === "metadata.version")?.max ?? null;
  }
  return found;
}

/** Nobody needs a right for it. */
export async function askAbilities(connection: Connection): Promise<Abilities> {
  const { errorCode, ...abilities } = await apiVersions.async(connection);
  if (errorCode !== 0) throw failureOf(errorCode);
  return abilities;
}

export interface RegisteredBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  /** It is registered, and does not take part. */
  readonly isFenced: boolean;
}

export interface Registered {
  readonly clusterId: string;
  readonly brokers: readonly RegisteredBroker[];
}

const BROKERS = 1;

/** From version 2 on with the brokers that are away; `version` 1 knows only those that are there. */
const describeCluster = (version: 1 | 2) =>
  createAPI<[], Registered & { readonly errorCode: number }>(
    DESCRIBE_CLUSTER,
    version,
    () => {
      const writer = Writer.create().appendBoolean(false).appendInt8(BROKERS);
      return (version === 1 ? writer : writer.appendBoolean(true)).appendTaggedFields();
    },
    (_correlation, _key, _version, reader) => {
      reader.readInt32();
      const errorCode = reader.readInt16();
      reader.readNullableString();
      reader.readInt8();
      const clusterId = reader.readString();
      // On KRaft the id of the controller here is that of any broker.
      reader.readInt32();
      const brokers = listIn(reader, (each) => ({
        ...{ id: each.readInt32(), host: each.readString(), port: each.readInt32() },
        ...{ rack: each.readNullableString() ?? null, isFenced: version === 1 ? false : each.readBoolean() },
      }));
      return { errorCode, clusterId, brokers };
    },
  );

const DESCRIBE_CLUSTER_1 = describeCluster(1);
const DESCRIBE_CLUSTER_2 = describeCluster(2);

/** Nobody needs a right for it. */
export async function askBrokers(connection: Connection, { describeClusterMax }: Abilities): Promise<Registered> {
  const api = describeClusterMax >= 2 ? DESCRIBE_CLUSTER_2 : DESCRIBE_CLUSTER_1;
  const { errorCode, ...registered } = await api.async(connection);
  if (errorCode !== 0) throw failureOf(errorCode);
  return registered;
}

/** A partition that was given to a member. */
export interface Given {
  readonly topic: string;
  readonly partition: number;
}

export interface ModernGroup {
  readonly name: string;
  readonly errorCode: number;
  readonly members: readonly {
    readonly id: string;
    readonly instance: string | null;
    readonly client: string;
    readonly host: string;
    readonly given: readonly Given[];
  }[];
}

/** Of groups of the newer protocol (type `consumer`), which the older request does not know. */
const consumerGroupDescribe = createAPI<[names: readonly string[]], readonly ModernGroup[]>(
  CONSUMER_GROUP_DESCRIBE,
  0,
  (names: readonly string[]) =>
    Writer.create()
      .appendArray(Array.from(names), (writer, name: string) => writer.appendString(name), true, false)
      .appendBoolean(false)
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32();
    return listIn(reader, modernGroup);
  },
);

function modernGroup(reader: Reader): ModernGroup {
  const errorCode = reader.readInt16();
  reader.readNullableString();
  const name = reader.readString();
  reader.readString();
  reader.readInt32();
  reader.readInt32();
  reader.readString();
  const members = listIn(reader, (each) => {
    const [id, instance] = [each.readString(), each.readNullableString() ?? null];
    each.readNullableString();
    each.readInt32();
    const [client, host] = [each.readString(), each.readString()];
    each.readArray((topic) => topic.readString(), true, false);
    each.readNullableString();
    const given = assignmentIn(each);
    assignmentIn(each);
    return { id, instance, client, host, given };
  });
  reader.readInt32();
  return { name, errorCode, members };
}

function assignmentIn(reader: Reader): readonly Given[] {
  const topics = listIn(reader, (each) => {
    each.readUUID();
    const topic = each.readString();
    return each.readArray((one) => one.readInt32(), true, false).map((partition) => ({ topic, partition }));
  });
  skipTagged(reader);
  return topics.flat();
}

export async function askModernGroups(
  connection: Connection,
  names: readonly string[],
): Promise<readonly ModernGroup[]> {
  return consumerGroupDescribe.async(connection, names);
}
