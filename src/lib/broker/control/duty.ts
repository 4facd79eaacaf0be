import type { Clock } from "../../domain/clock.ts";
import type { Engine, Ownership } from "../../engine/port.ts";
import { notHere } from "./not-here.ts";

/**
 * Owned by one node at a time, like a subscription: that node makes the changes that concern several documents, one after the other, and
 * runs what is to run once in a while, once.
 */
export const CONTROL_RESOURCE = "control";

/** Who is to take it over may take so long to hear of it. */
const HELD_WAIT_MS_MAX = 5_000;

export interface ControlDuty {
  isHeld(): boolean;
  /** Resolves once this node has the duty, which may be on its way here; fails with `owner_unreachable` where it is another's. */
  held(): Promise<void>;
  start(work: DutyWork): Promise<void>;
}

export interface DutyWork {
  /** Runs before the duty counts as held. Never rejects. */
  begin(): Promise<void>;
  /** Ends what is under way; then the next node takes over. Never rejects. */
  end(): Promise<void>;
}

/** `engine.owners` is this part's own (`route-owners.ts`). */
export function openControlDuty({ engine, clock }: { readonly engine: Engine; readonly clock: Clock }): ControlDuty {
  const waiting = new Set<() => void>();
  let current: Ownership | undefined;
  let work: DutyWork | undefined;
  let isHeld = false;

  engine.owners.handle({
    async acquired(ownership) {
      current = ownership;
      await work?.begin();
      if (current?.epoch !== ownership.epoch) return;
      isHeld = true;
      for (const wake of [...waiting]) wake();
    },
    async released() {
      [current, isHeld] = [undefined, false];
      await work?.end();
    },
    lost({ epoch }) {
      if (current?.epoch === epoch) [current, isHeld] = [undefined, false];
    },
  });

  async function waited(): Promise<void> {
    const enough = new AbortController();
    const wake = () => enough.abort();
    waiting.add(wake);
    await clock.after(HELD_WAIT_MS_MAX, enough.signal);
    waiting.delete(wake);
  }

  return {
    isHeld: () => isHeld,
    async held() {
      if (isHeld) return;
      const owner = engine.nodes.ownerOf(CONTROL_RESOURCE);
      if (owner?.isSelf === true) await waited();
      if (!isHeld) throw notHere(owner, "This change");
    },
    async start(given) {
      work = given;
      await engine.owners.want(CONTROL_RESOURCE);
    },
  };
}
