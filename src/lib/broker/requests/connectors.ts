import type { SourceCheck } from "../../connectors/port.ts";
import type { Connector, DatabaseAddress, OnOversize, SnapshotMode, TableName } from "../../domain/connector.ts";
import type { ConnectorReport } from "../../domain/connector-report.ts";
import type { Change } from "./subscriptions.ts";

/** What a connector would be; what `check` looks at. */
export interface ConnectorWish {
  /** Slot and publication are named after it. */
  readonly name: string;
  readonly product: string;
  readonly database: DatabaseAddress;
  readonly tables: readonly TableName[];
  readonly snapshot: SnapshotMode;
  /** A publication that is there already and that somebody else looks after; left out: the connector makes its own. */
  readonly publication?: string;
}

export interface CreateConnector extends ConnectorWish {
  readonly onOversize?: OnOversize;
  readonly retainedBytesWarn?: number;
}

/** No check failed where every `result` is `ok`, `warning` or `skipped`. */
export interface ConnectorChecked {
  readonly checks: readonly SourceCheck[];
  /** The topics that would be created, by table. */
  readonly topics: readonly string[];
}

export interface ConnectorView {
  readonly connector: Connector;
  /** `null`: no owner has told anything yet. */
  readonly report: ConnectorReport | null;
  /** When the report was made; `null` where there is none. */
  readonly asOfMs: number | null;
}

/** What is left out stays. */
export interface UpdateConnector {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** `null`: none. */
  readonly password?: DatabaseAddress["password"] | null;
  readonly tls?: DatabaseAddress["tls"];
  readonly addTables?: readonly TableName[];
  readonly removeTables?: readonly TableName[];
  readonly onOversize?: OnOversize;
  readonly retainedBytesWarn?: number;
}

export interface UpdatedConnector extends ConnectorView {
  readonly changes: readonly Change[];
}

export interface RestartConnector {
  /** Begin from scratch with a new slot: what was not yet read of the old one comes as rows (`initial`) or never (`none`). */
  readonly snapshot?: SnapshotMode;
}

export interface DeleteConnector {
  /** Slot and publication stay in the database, which goes on keeping its log for them. */
  readonly keepSlot: boolean;
  readonly dryRun: boolean;
}

export interface DeletedConnector {
  readonly name: string;
  readonly id: string;
  readonly slot: string;
  readonly publication: string;
  readonly slotKept: boolean;
  readonly publicationKept: boolean;
  /** They stay, with their messages and subscriptions. */
  readonly topics: readonly string[];
  /** Set where the slot could not be removed yet: why, in words. It is tried again until it is gone. */
  readonly pending: string | null;
}
