import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedOptions, openEmbeddedEngine } from "../../../../src/lib/engine/embedded/engine.ts";
import type { Engine } from "../../../../src/lib/engine/port.ts";
import { manualClock } from "../../../support/manual-clock.ts";

export interface Told {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function temporaryFolder(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-engine-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export interface Opened {
  readonly engine: Engine;
  /** What the operator was told. */
  readonly told: Told[];
  readonly fatal: Error[];
}

/** An engine over `dir` with room on its disk, whatever this machine's disk has. */
export async function openIn(dir: string, options: Partial<EmbeddedOptions> = {}): Promise<Opened> {
  const told: Told[] = [];
  const fatal: Error[] = [];
  const engine = await openEmbeddedEngine({
    dir,
    clock: manualClock(),
    freeBytesMin: 0,
    report: (level, message, fields = {}) => told.push({ level, message, fields }),
    onFatal: (error) => fatal.push(error),
    ...options,
  });
  return { engine, told, fatal };
}
