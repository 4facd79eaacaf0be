import { type RateMeter, rateMeter } from "../../domain/rate.ts";
import { steadyWallTime } from "../../domain/steady-time.ts";
import { type Alarm, alarm } from "./alarm.ts";
import { Burial } from "./burial.ts";
import { DeadLetterDesk } from "./dead-letter-desk.ts";
import type { DeliveryStatus } from "./delivery.ts";
import { Endpoint } from "./endpoint.ts";
import { type Failures, failures } from "./failures.ts";
import { Feeds } from "./feeds.ts";
import { type Gone, gone } from "./gone.ts";
import type { Hold } from "./hold.ts";
import type { Opened } from "./opening.ts";
import { type ParkedSet, parkedSet } from "./parked-set.ts";
import { type Parker, parker } from "./parker.ts";
import { Positions } from "./positions.ts";
import { Redriver } from "./redriver.ts";
import { Replays } from "./replays.ts";
import { type Reporter, reporter } from "./reporter.ts";
import { type SuspendedEntries, suspendedEntries } from "./suspended.ts";

/** What a dispatcher is made of. */
export interface Parts {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly feeds: Feeds;
  readonly replays: Replays;
  readonly suspended: SuspendedEntries;
  readonly parked: ParkedSet;
  readonly parker: Parker;
  readonly burial: Burial;
  readonly desk: DeadLetterDesk;
  readonly redriver: Redriver;
  readonly failures: Failures;
  readonly endpoint: Endpoint;
  readonly reporter: Reporter;
  readonly gone: Gone;
  readonly alarm: Alarm;
  readonly acks: RateMeter;
  /** The wall time at which the first that is parked is due, of its monotonic time. */
  readonly dueAtMs: (monotonicMs: number) => number;
}

export interface PartsOptions {
  readonly hold: Hold;
  readonly opened: Opened;
  readonly random: () => number;
  /** Told when there may be something to send, or a step toward the end was made. */
  readonly stir: () => void;
  /** How all of it stands now. */
  readonly status: () => DeliveryStatus;
}

export function partsOf({ hold, opened, random, stir, status }: PartsOptions): Parts {
  const parked = parkedSet(hold.clock);
  const park = parker(hold);
  const positions = new Positions(hold, opened, stir);
  const rings = alarm(hold.clock, hold.signal, stir);
  const replays = new Replays(hold, opened);
  const suspended = suspendedEntries({ hold, opened, positions, parked });
  const desk = new DeadLetterDesk({ hold, positions, parked });
  const burial = new Burial({ hold, positions, parked, desk });
  for (const entry of opened.parked) {
    if (desk.keepsAside(entry)) continue;
    const message = parked.add(entry);
    if (entry.dying !== undefined) burial.add(message, { doubtful: true });
  }
  // Only told once a push has come back.
  const turned = () => {
    if (endpoint.open === undefined) parked.hurry();
    reports.turned();
  };
  const endpoint = new Endpoint({ hold, known: opened.endpoint, parked: opened.parked, turned });
  const reports = reporter(hold, endpoint, status);
  return {
    hold,
    positions,
    feeds: new Feeds({ hold, positions, replays, alarm: rings, arrived: stir }),
    replays,
    suspended,
    parked,
    parker: park,
    burial,
    desk,
    redriver: new Redriver({ hold, positions, parked, desk, stir }),
    failures: failures({ hold, parked, parker: park, burial, endpoint, suspended, random }),
    endpoint,
    reporter: reports,
    gone: gone(hold),
    alarm: rings,
    acks: rateMeter(hold.clock.monotonic()),
    dueAtMs: steadyWallTime(hold.clock),
  };
}
