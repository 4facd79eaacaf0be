import type { Engine } from "../../src/lib/engine/port.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

/** An engine's storage: fresh and empty, opened as often as a check asks, by one engine at a time. */
export interface EngineUnderTest {
  open(): Promise<Engine>;
  disk?: Disk;
  /** Removes what is left, after the last engine was closed. */
  dispose?(): Promise<void>;
}

/** Stands under the log. Engines whose storage cannot be reached leave it out, and the checks that need it are skipped. */
export interface Disk {
  /** From now on no append becomes durable. `letGo` lets what waits through; `fail` refuses it as a full disk would; both let what follows through. */
  hold(): { letGo(): void; fail(): void };
}

export type Prepare = (clock: ManualClock) => Promise<EngineUnderTest>;

export interface Bench {
  readonly clock: ManualClock;
  readonly engine: Engine;
  /** Closes the engine and opens another one over the same storage. */
  restart(): Promise<Engine>;
}

export interface DiskBench extends Bench {
  readonly disk: Disk;
}

/** One promise of the port: what it says, and a function that fails on an engine that does not keep it. */
export type Check =
  | { readonly promise: string; readonly needs?: "exactDuplicates"; run(bench: Bench): Promise<void> }
  | { readonly promise: string; readonly needs: "disk"; run(bench: DiskBench): Promise<void> };

/** Runs one check on fresh storage. `skipped`: the engine does not claim this, or its disk cannot be reached. */
export async function runCheck(check: Check, prepare: Prepare): Promise<"kept" | "skipped"> {
  const clock = manualClock();
  const under = await prepare(clock);
  let engine = await under.open();
  const restart = async () => {
    await engine.close();
    engine = await under.open();
    return engine;
  };
  const held: (() => void)[] = [];
  try {
    if (check.needs === "disk") {
      if (under.disk === undefined) return "skipped";
      await check.run({ clock, engine, restart, disk: noting(under.disk, held) });
    } else {
      if (check.needs === "exactDuplicates" && !engine.capabilities.exactDuplicates) return "skipped";
      await check.run({ clock, engine, restart });
    }
    return "kept";
  } finally {
    for (const letGo of held) letGo();
    await engine.close();
    await under.dispose?.();
  }
}

/** So that a check that fails while it holds the disk does not hang as well. */
function noting(disk: Disk, held: (() => void)[]): Disk {
  return {
    hold() {
      const hold = disk.hold();
      held.push(hold.letGo);
      return hold;
    },
  };
}
