import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import { inTurnByKey } from "../../domain/in-turn.ts";
import type { Owners, Ownership, Reports } from "../port.ts";
import type { Status } from "./fold/status.ts";

export interface KafkaReportsOptions {
  readonly status: Status;
  /** Of the times of reports. */
  readonly clock: Clock;
  /** Fails with `epoch_stale` for a hold that has been superseded. */
  readonly confirm: Owners["confirm"];
}

export interface KafkaReports extends Reports {
  forget(resource: string): Promise<void>;
}

/** Reports of one resource are written one after the other, so that none comes to lie behind a later one. */
export function createReports({ status, clock, confirm }: KafkaReportsOptions): KafkaReports {
  const turns = inTurnByKey();

  async function report(ownership: Ownership, value: unknown): Promise<void> {
    const { resource, epoch } = ownership;
    const atMs = clock.now();
    await confirm(ownership);
    checkNewest(ownership);
    const before = status.report(resource);
    const turn = before?.epoch === epoch ? before.value.turn + 1 : 1;
    await status.putReport(resource, { epoch, value: { value, atMs, turn } });
    checkNewest(ownership);
  }

  /** Somebody who held it since has told of it already. */
  function checkNewest({ resource, epoch }: Ownership): void {
    if ((status.report(resource)?.epoch ?? epoch) <= epoch) return;
    throw new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`);
  }

  return {
    report: (ownership, value) => {
      const copy: unknown = structuredClone(value);
      return turns.run(ownership.resource, () => report(ownership, copy));
    },
    async read(resource) {
      const told = status.report(resource);
      if (told === undefined) return undefined;
      const { value, atMs } = told.value;
      return { value: structuredClone(value), atMs, epoch: told.epoch };
    },
    forget: (resource) => turns.run(resource, () => status.forgetReports(resource)),
  };
}
