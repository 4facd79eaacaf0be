import { isSettled } from "../../domain/cursor.ts";
import type { Source } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { Opened } from "./opening.ts";
import type { ParkedSet } from "./parked-set.ts";
import type { Positions } from "./positions.ts";
import { sourceKey } from "./source-key.ts";

export interface SuspendedOptions {
  readonly hold: Hold;
  readonly opened: Pick<Opened, "suspended">;
  readonly positions: Positions;
  readonly parked: ParkedSet;
}

/** Parked entries that a move has put aside: they count as nothing, and wait for its undo. */
export interface SuspendedEntries {
  sources(): readonly Source[];
  has(source: Source): boolean;
  /** Lets go of them once no undo can want them. */
  sweep(): void;
}

export function suspendedEntries({ hold, opened, positions, parked }: SuspendedOptions): SuspendedEntries {
  const { untilMs } = opened.suspended;
  let waiting = opened.suspended.sources;
  const keys = new Set(waiting.map(sourceKey));

  function isSettledAt({ shard, offset }: Source): boolean {
    const found = positions.cursors().find((each) => each.shard.index === shard.index);
    return found !== undefined && isSettled(found.cursor, offset);
  }

  return {
    sources: () => waiting,
    has: (source) => keys.size > 0 && keys.has(sourceKey(source)),
    sweep() {
      if (waiting.length === 0 || hold.clock.now() <= untilMs) return;
      // One that comes again may still fail and be parked under the same key: until that is settled its entry must stay.
      const done = waiting.filter(isSettledAt);
      waiting = waiting.filter((source) => !isSettledAt(source));
      for (const source of done) if (!parked.has(source)) positions.unpark(source);
    },
  };
}
