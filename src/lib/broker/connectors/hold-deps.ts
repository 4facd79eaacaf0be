import type { Ownership } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import type { Activity } from "../delivery/activity.ts";
import type { ConnectorLimits } from "./limits.ts";

export interface ConnectorHoldDeps extends Pick<BrokerDeps, "engine" | "clock" | "observer" | "sources" | "random"> {
  readonly limits: ConnectorLimits;
  readonly activity: Activity;
}

/** What the parts of one hold share. */
export interface HoldParts extends ConnectorHoldDeps {
  readonly ownership: Ownership;
  /** The connector's name: for the log. */
  readonly name: string;
  /** Aborts when the hold is superseded: nothing is begun any more, and nothing counts. */
  readonly lost: AbortSignal;
  /** Somebody newer holds the connector. */
  readonly superseded: () => void;
}
