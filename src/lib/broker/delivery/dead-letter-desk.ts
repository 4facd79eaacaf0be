import { inTurn } from "../../domain/in-turn.ts";
import type { ParkedEntry, Source } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { ParkedSet } from "./parked-set.ts";
import type { Positions } from "./positions.ts";
import { sourceKey } from "./source-key.ts";

export interface DeskOptions {
  readonly hold: Hold;
  readonly positions: Positions;
  readonly parked: ParkedSet;
}

/**
 * The entries that point into the dead letter topic: what is redriven waits with the other parked messages, what was redriven too often is
 * set aside here, where it is only counted. A letter leaves the dead letters once its entry is durable.
 */
export class DeadLetterDesk {
  readonly #options: DeskOptions;
  readonly #aside = new Map<string, ParkedEntry>();
  /** A letter may be set aside and asked for at the same moment: one of the two is first. */
  readonly #turn = inTurn();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Of what an opening found, takes what is set aside. */
  keepsAside(entry: ParkedEntry): boolean {
    if (entry.redrive?.setAside !== true) return false;
    this.#aside.set(sourceKey(entry.source), entry);
    return true;
  }

  /** How many are set aside. */
  get asideCount(): number {
    return this.#aside.size;
  }

  isAside(source: Source): boolean {
    return this.#aside.has(sourceKey(source));
  }

  /** Those that are set aside now. */
  aside(): readonly ParkedEntry[] {
    return [...this.#aside.values()];
  }

  /**
   * Parks letters, or sets them aside, durably; then they are settled. Left out are those that were taken meanwhile. Resolves with those
   * that were not.
   */
  take(entries: readonly ParkedEntry[]): Promise<readonly ParkedEntry[]> {
    return this.#turn(async () => {
      const { hold, positions } = this.#options;
      const free = entries.filter(({ source }) => !positions.isLetterSettled(source) || this.isAside(source));
      if (free.length === 0 || hold.signal.aborted) return [];
      await hold.engine.parked.put(hold.ownership, free);
      if (hold.signal.aborted) return [];
      for (const entry of free) this.#taken(entry);
      return free;
    });
  }

  /** Lets go of one that is set aside: it is not wanted any more. */
  drop(source: Source): boolean {
    const wasAside = this.#aside.delete(sourceKey(source));
    if (wasAside) this.#options.positions.unpark(source);
    return wasAside;
  }

  /** Lets go of those whose letter is past its time to live. */
  async sweep(): Promise<void> {
    const { engine, expiryNow, letterTtlMs, signal } = this.#options.hold;
    const alive = new Map<number, number>();
    for (const { source } of this.aside()) {
      const { shard, offset } = source;
      const from = alive.get(shard.index) ?? (await engine.log.offsetAt(shard, expiryNow() - letterTtlMs + 1));
      if (signal.aborted) return;
      alive.set(shard.index, from);
      if (offset < from) this.drop(source);
    }
  }

  #taken(entry: ParkedEntry): void {
    const { shard, offset } = entry.source;
    this.#options.positions.settleLetters(shard, { from: offset, to: offset + 1 });
    if (this.keepsAside(entry)) return;
    this.#aside.delete(sourceKey(entry.source));
    this.#options.parked.add(entry);
  }
}
