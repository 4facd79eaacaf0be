import type { Compatibility } from "../../domain/compatibility/compare.ts";
import type { Difference } from "../../domain/compatibility/difference.ts";
import type { Problem } from "../../domain/error.ts";
import type { TopicSchema } from "../../domain/topic.ts";

export interface UpdateSchema {
  readonly topic: string;
  readonly definition: string;
  readonly compatibility: Compatibility;
  /** Take it although it is not compatible. */
  readonly force?: boolean;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** The version that the caller has seen: another one by now is a conflict. */
  readonly baseVersion?: number;
}

export interface SchemaUpdated {
  readonly schema: TopicSchema;
  readonly previousVersion: number;
  /** Whether there is a new version: the same text again makes none. */
  readonly changed: boolean;
  /** Why it is not compatible; not empty only where it was forced. */
  readonly problems: readonly Problem[];
}

/** Exactly one of `topic` and `definition`; without a payload only the schema is looked at. */
export interface CheckSchema {
  readonly topic?: string;
  readonly version?: number;
  readonly definition?: string;
  readonly payload?: string;
}

export interface SchemaChecked {
  readonly definition: string;
  readonly version: number | null;
  /** What of the payload does not fit, with line and column. */
  readonly problems: readonly Problem[];
}

export interface DiffSchemas {
  readonly topic: string;
  /** The version before `to` when left out. */
  readonly from?: number;
  /** The newest when left out. */
  readonly to?: number;
  /** In place of `to`; then `from` is the newest when left out. */
  readonly definition?: string;
}

export interface SchemasDiffer extends Difference {
  readonly from: TopicSchema;
  /** `null`: the definition that was given. */
  readonly to: TopicSchema | null;
}
