import { encodeCursor } from "../../src/lib/domain/cursor-codec.ts";
import { isJob } from "../../src/lib/domain/documents.ts";
import type { RedriveJob } from "../../src/lib/domain/job.ts";
import { answered, consumer, ok, type Script } from "./consumer.ts";
import { openStage, type Stage, type StageOptions } from "./delivery.ts";
import { redriveJob } from "./jobs.ts";

/** A stage on which these messages died, each at its first delivery; from then on the consumer does as `script` says. */
export async function stageOfDead(
  ids: readonly string[],
  script: Script = () => ok,
  options: StageOptions = {},
): Promise<Stage> {
  const { subscription, ...others } = options;
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    ...others,
    subscription: { retry: { kind: "list", delaysMs: [] }, ...subscription },
  });
  // Five failures in a row would open the circuit; whoever resumes begins anew.
  for (let from = 0; from < ids.length; from += 4) {
    await stage.publish(...ids.slice(from, from + 4));
    await stage.change({ state: "paused" });
    await stage.change({ state: "active" });
  }
  stage.consumer.script(script);
  return stage;
}

/** Orders a redrive of what lies in the dead letter topic now, as the broker does, and lets it run. */
export async function order(stage: Stage, changes: Partial<RedriveJob> = {}): Promise<void> {
  const letters = stage.status().letters?.cursors ?? [];
  const ends = await Promise.all(
    letters.map(async ({ shard }) => ({ shard: shard.index, offset: (await stage.engine.log.bounds(shard)).end })),
  );
  const saved = letters.map(({ shard, cursor }) => ({ shard: shard.index, cursor: encodeCursor(cursor) }));
  const job = redriveJob({ ends, saved, ...changes });
  await stage.engine.catalog.put("job", job.id, job, 0);
  await stage.idle();
}

export async function jobOf(stage: Stage, id = "j-1"): Promise<RedriveJob> {
  const job = (await stage.engine.catalog.get("job", id))?.value;
  if (!isJob(job) || job.kind !== "redrive") throw new Error(`There is no redrive ${id}.`);
  return job;
}

/** What the consumer received from `from` on. */
export const receivedFrom = (stage: Stage, from: number) =>
  stage.consumer.received
    .slice(from)
    .map(({ id }) => id)
    .sort();
