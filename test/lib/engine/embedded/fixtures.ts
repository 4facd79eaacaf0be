import { existsSync } from "node:fs";
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

export interface TemporaryFolder {
  readonly dir: string;
  readonly remove: () => Promise<void>;
}

export async function temporaryFolder(parent = tmpdir()): Promise<TemporaryFolder> {
  const dir = await mkdtemp(join(parent, "kbroker-engine-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** In memory where the system offers that: for tests that open hundreds of engines and ask nothing of a real disk. */
export function quickFolder(): Promise<TemporaryFolder> {
  return temporaryFolder(existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
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
