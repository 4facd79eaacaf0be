import { KBrokerError } from "../../../domain/error.ts";
import type { Ownership, ParkedEntry } from "../../port.ts";
import type { Wire } from "../wire/wire.ts";
import { beatFence, type Fence, isFenced } from "./fence.ts";

/** Under which an owner works, until it lets go or is fenced. */
export class Hold {
  readonly ownership: Ownership;
  readonly fence: Fence;
  readonly sinceMs: number;
  /** What was parked when it began: for whoever asks first, and only for that. */
  #found: readonly ParkedEntry[] | undefined;
  readonly #wire: Wire;
  readonly #lost: (hold: Hold) => void;
  #isOver: boolean = false;
  /** When the last call was sent that the fence let through. */
  #confirmedMs: number;
  /** How often it was asked about, and the question that is under way: how many of them it answers. */
  #asked = 0;
  #beat: { readonly covers: number; readonly done: Promise<void> } | undefined;

  constructor(of: {
    readonly ownership: Ownership;
    readonly fence: Fence;
    readonly sinceMs: number;
    readonly found: readonly ParkedEntry[];
    readonly wire: Wire;
    /** Told once, where another has taken its place. */
    readonly lost: (hold: Hold) => void;
  }) {
    this.ownership = of.ownership;
    this.fence = of.fence;
    this.sinceMs = of.sinceMs;
    this.#found = of.found;
    this.#wire = of.wire;
    this.#lost = of.lost;
    this.#confirmedMs = of.wire.clock.monotonic();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it lasts, and nobody else had taken its place at a moment within the last `withinMs`. */
  isConfirmed(withinMs: number): boolean {
    return !this.#isOver && this.#wire.clock.monotonic() - this.#confirmedMs < withinMs;
  }

  get confirmedMs(): number {
    return this.#confirmedMs;
  }

  /** Let go of, without anybody being told. */
  end(): void {
    this.#isOver = true;
    this.#found = undefined;
  }

  takeFound(): readonly ParkedEntry[] | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  /**
   * Resolves where nobody else had taken its place at a moment after the call, or within the last `withinMs`. Fails with `epoch_stale`
   * where somebody had, with `engine_unavailable` where nobody could be asked.
   */
  async confirm(withinMs = 0): Promise<void> {
    this.check();
    if (this.isConfirmed(withinMs)) return;
    this.#asked += 1;
    const asked = this.#asked;
    for (;;) {
      this.#beat ??= this.#newBeat();
      const { covers, done } = this.#beat;
      if (covers >= asked) return done;
      // That one was sent before this was asked: the next one counts, for all who ask meanwhile.
      await done.catch(() => undefined);
    }
  }

  #newBeat() {
    const done = this.fenced((fence) => beatFence(this.#wire, fence)).finally(() => {
      this.#beat = undefined;
    });
    return { covers: this.#asked, done };
  }

  /** Does what only an owner may. Fails with `epoch_stale` where the fence does not let it through. */
  async fenced<T>(act: (fence: Fence) => Promise<T>): Promise<T> {
    this.check();
    const sentMs = this.#wire.clock.monotonic();
    try {
      const result = await act(this.fence);
      this.#confirmedMs = Math.max(this.#confirmedMs, sentMs);
      return result;
    } catch (error) {
      if (!isFenced(error)) throw error;
      this.#lose();
      throw stale(this.ownership, error);
    }
  }

  check(): void {
    if (this.#isOver) throw stale(this.ownership);
  }

  #lose(): void {
    if (this.#isOver) return;
    this.end();
    this.#lost(this);
  }
}

export function stale({ resource, epoch }: Ownership, cause?: unknown): KBrokerError {
  return new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`, { cause });
}
