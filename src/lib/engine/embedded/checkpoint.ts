import type { Clock } from "../../domain/clock.ts";
import { inTurn } from "../../domain/in-turn.ts";
import type { IdIndex } from "./dedupe/id-index.ts";
import type { Journal } from "./journal/journal.ts";
import type { StateStore } from "./state/store.ts";
import { topicRecord } from "./topic-log.ts";

/** Notes in the state how far the journal has come: ends, times, remembered ids, all at one moment and in one transaction. */
export interface Checkpoint {
  /** Durable when it resolves. Does nothing when there is nothing new. */
  save(): Promise<void>;
}

export interface CheckpointOptions {
  readonly journal: Journal;
  readonly index: IdIndex;
  readonly store: StateStore;
  readonly clock: Clock;
}

export function createCheckpoint({ journal, index, store, clock }: CheckpointOptions): Checkpoint {
  const turn = inTurn();
  let noted = 0;

  async function save(): Promise<void> {
    const through = journal.through();
    if (through.batch === noted && !index.hasUnsaved) return;
    const topics = journal.takeChanged();
    const ids = index.save(clock.now());
    await store.commit((write) => {
      write.put(store.journal, "through", through);
      for (const topic of topics) if (!topic.deleted) write.put(store.topics, topic.id, topicRecord(topic));
      ids.write(write);
    });
    ids.done();
    noted = through.batch;
  }

  return {
    save: () => turn(save),
  };
}
