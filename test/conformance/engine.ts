import { describe, test } from "vitest";
import { type Check, type Prepare, runCheck } from "./check.ts";
import { catalogChecks } from "./checks/catalog.ts";
import { cursorChecks } from "./checks/cursors.ts";
import { dedupeChecks } from "./checks/dedupe.ts";
import { layoutChecks } from "./checks/layouts.ts";
import { lifeChecks } from "./checks/life.ts";
import { logChecks } from "./checks/log.ts";
import { nodeChecks } from "./checks/nodes.ts";
import { ownerChecks } from "./checks/owners.ts";
import { parkedChecks } from "./checks/parked.ts";
import { readChecks } from "./checks/read.ts";
import { reportChecks } from "./checks/reports.ts";
import { scheduleChecks } from "./checks/schedules.ts";
import { shardChecks } from "./checks/shards.ts";
import { timeChecks } from "./checks/time.ts";

/** Every promise of `src/lib/engine/port.ts`, by the part of the port that gives it. */
export const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  catalog: catalogChecks,
  log: logChecks,
  "reading the log": readChecks,
  "time in the log": timeChecks,
  "topics of several shards": shardChecks,
  "how topics lie": layoutChecks,
  deduplication: dedupeChecks,
  owners: ownerChecks,
  cursors: cursorChecks,
  parked: parkedChecks,
  reports: reportChecks,
  schedules: scheduleChecks,
  "several nodes": nodeChecks,
  "the engine as a whole": lifeChecks,
};

const CHECK_TIMEOUT_MS = 60_000;

/** The port's meaning, once: every engine's test file is one call to this. `parts`: of `CHECKS`, left out: all. */
export function engineConformance(
  name: string,
  prepare: Prepare,
  parts: readonly string[] = Object.keys(CHECKS),
): void {
  const asked = parts.map((part) => [part, CHECKS[part] ?? []] as const);
  describe.each(asked)(`${name} keeps the promises of %s`, (_part, checks) => {
    for (const check of checks) {
      test(check.promise, { timeout: CHECK_TIMEOUT_MS }, async ({ skip }) => {
        if ((await runCheck(check, prepare)) === "skipped") skip("the engine does not claim this");
      });
    }
  });
}
