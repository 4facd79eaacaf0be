import type { Deletion } from "./deletion.ts";

/** WAL that a slot holds back for a connector, from which on it is a warning. */
export const RETAINED_BYTES_WARN_DEFAULT = 1_073_741_824;
/** Tables of one connector; each is a topic. */
export const CONNECTOR_TABLES_MAX = 100;

/** Where the rows come from. */
export type ConnectorKind = "postgresql";

/** What there is before the first change: the rows as they are now, each as one event, or nothing. */
export type SnapshotMode = "initial" | "none";

/** A row whose event is over 64 KB: the connector stops at it, or leaves it out and counts it. */
export type OnOversize = "stop" | "skip";

/** `verify-full` checks the certificate and the name, `require` only encrypts. */
export type TlsMode = "disable" | "require" | "verify-full";

/** Where the broker finds a secret, never the secret itself: a variable of its environment, or a file of its secrets directory. */
export type SecretReference =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly name: string };

/** Variables that may be named as secrets begin like this: whoever may create connectors must not read the rest of the environment. */
export const SECRET_ENV_PREFIX = "KBROKER_SECRET_";

export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Left out: the database asks for none. */
  readonly password?: SecretReference;
  readonly tls: TlsMode;
}

export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** A table and the topic that its changes go to. */
export interface ConnectorTable extends TableName {
  readonly topic: string;
  readonly topicId: string;
}

/** The catalog's document of kind `connector`. */
export interface Connector {
  readonly name: string;
  /** New at each creation. */
  readonly id: string;
  readonly kind: ConnectorKind;
  /** The `<product>` of its topics' names. */
  readonly product: string;
  readonly database: DatabaseAddress;
  readonly tables: readonly ConnectorTable[];
  /** The replication slot; the connector's own, and the same for as long as it exists: beginning from scratch throws it away and makes it anew. */
  readonly slot: string;
  readonly publication: string;
  /** The connector made the publication: it changes it with its tables, and removes it. Otherwise somebody else looks after it. */
  readonly ownsPublication: boolean;
  readonly snapshot: SnapshotMode;
  readonly onOversize: OnOversize;
  readonly retainedBytesWarn: number;
  /** What the operator wants. */
  readonly state: "active" | "paused";
  /** Counts updates and restarts: an owner that opened under an older one opens anew. */
  readonly generation: number;
  /** Counts beginnings from scratch: a report of an older one says nothing any more, and its slot and position are thrown away. */
  readonly incarnation: number;
  readonly createdAtMs: number;
  /** Left out while the connector is there. */
  readonly deletion?: ConnectorDeletion;
}

export interface ConnectorDeletion extends Deletion {
  /** Slot and publication stay in the database. */
  readonly keepSlot: boolean;
}

/** The resource that the owner of a connector holds; no id of a subscription begins like this. */
export const CONNECTORS_PREFIX = "connectors/";

export function connectorResource({ id }: Pick<Connector, "id">): string {
  return `${CONNECTORS_PREFIX}${id}`;
}

/** `public` is left out, so that the seed's `cdc_<product>-<database>_<table>` holds for it. */
export function connectorTopic(
  { product, database }: { readonly product: string; readonly database: string },
  { schema, table }: TableName,
): string {
  return `cdc_${product}-${database}_${schema === "public" ? "" : `${schema}.`}${table}`;
}
