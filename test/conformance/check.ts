import type { Engine } from "../../src/lib/engine/port.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

/** An engine's storage: fresh and empty, opened as often as a check asks, by one engine at a time. */
export interface EngineUnderTest {
  open(): Promise<Engine>;
  /** How many shards its topics get. Left out: 1, whatever was asked for. */
  shards?: number;
  disk?: Disk;
  /** One more node over the same storage, with the role outbox. Engines that are for one process leave it out. */
  openNode?(id: string): Promise<NodeUnderTest>;
  /** What follows from a change of the nodes is there after so long at most. */
  readonly nodesSettleMs?: number;
  /** Removes what is left, after the last engine was closed. */
  dispose?(): Promise<void>;
}

export interface NodeUnderTest {
  readonly engine: Engine;
  /** The others see it no more, as when its process is frozen or cut off; what it does from now on is a zombie's. */
  vanish(): Promise<void>;
}

/** Stands under the log. Engines whose storage cannot be reached leave it out, and the checks that need it are skipped. */
export interface Disk {
  /** From now on no append becomes durable. `letGo` lets what waits through; `fail` refuses it as a full disk would; both let what follows through. */
  hold(): { letGo(): void; fail(): void };
}

/** `shards`: a topic shall have so many, where the engine can have more than one. */
export type Prepare = (clock: ManualClock, wish: { readonly shards: number }) => Promise<EngineUnderTest>;

export interface Bench {
  readonly clock: ManualClock;
  readonly engine: Engine;
  /** Closes the engine and opens another one over the same storage. */
  restart(): Promise<Engine>;
  /** Only for a check that needs it. */
  readonly disk: Disk;
}

/**
 * `clock`: records get the time of the test's clock. `layouts`: whoever creates a topic says how it lies. `disk`: it can be held back. `shards`: topics with `SHARDS` shards. A check that does
 * not need the last runs on topics with one.
 */
export type Need = "exactDuplicates" | "clock" | "disk" | "shards" | "layouts";

/** Of a topic in a check that needs several. */
export const SHARDS = 3;

/** One promise of the port: what it says, and a function that fails on an engine that does not keep it. */
export type Check = OneEngineCheck | NodesCheck;

export interface OneEngineCheck {
  readonly promise: string;
  readonly needs?: Need | readonly Need[];
  run(bench: Bench): Promise<void>;
}

export interface NodesCheck {
  readonly promise: string;
  runOnNodes(bench: NodesBench): Promise<void>;
}

export interface NodesBench {
  readonly clock: ManualClock;
  /** Closed after the check, if it is open still. */
  openNode(id: string): Promise<NodeUnderTest>;
  /** For `expect.poll`. */
  readonly soon: { readonly timeout: number; readonly interval: number };
}

/** Runs one check on fresh storage. `skipped`: the engine does not claim this, or its disk cannot be reached. */
export async function runCheck(check: Check, prepare: Prepare): Promise<"kept" | "skipped"> {
  const clock = manualClock();
  if ("runOnNodes" in check) return runOnNodes(check, { clock, under: await prepare(clock, { shards: 1 }) });
  const needs = new Set([check.needs ?? []].flat());
  const shards = needs.has("shards") ? SHARDS : 1;
  const under = await prepare(clock, { shards });
  let engine = await under.open();
  const restart = async () => {
    await engine.close();
    engine = await under.open();
    return engine;
  };
  const held: (() => void)[] = [];
  try {
    if ((under.shards ?? 1) !== shards || !isThere(needs, engine, under)) return "skipped";
    const disk = needs.has("disk") && under.disk !== undefined ? noting(under.disk, held) : undeclared;
    await check.run({ clock, engine, restart, disk });
    return "kept";
  } finally {
    for (const letGo of held) letGo();
    await engine.close();
    await under.dispose?.();
  }
}

function isThere(needs: ReadonlySet<Need>, { capabilities, layouts }: Engine, { disk }: EngineUnderTest): boolean {
  if (needs.has("layouts") && layouts === null) return false;
  if (needs.has("exactDuplicates") && !capabilities.exactDuplicates) return false;
  if (needs.has("clock") && capabilities.recordTime !== "clock") return false;
  return !needs.has("disk") || disk !== undefined;
}

const undeclared: Disk = {
  hold() {
    throw new Error('A check that holds the disk needs "disk".');
  },
};

/** A session that has to end before others take over, and some more. */
const NODES_SETTLE_MS = 50_000;

async function runOnNodes(
  check: NodesCheck,
  { clock, under }: { readonly clock: ManualClock; readonly under: EngineUnderTest },
): Promise<"kept" | "skipped"> {
  const opened: NodeUnderTest[] = [];
  try {
    if (under.openNode === undefined) return "skipped";
    const open = under.openNode;
    const openNode = async (id: string) => {
      const node = await open(id);
      opened.push(node);
      return node;
    };
    const soon = { timeout: under.nodesSettleMs ?? NODES_SETTLE_MS, interval: 20 };
    await check.runOnNodes({ clock, openNode, soon });
    return "kept";
  } finally {
    for (const { engine } of opened) await engine.close();
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
