import { inTurn } from "../../domain/in-turn.ts";
import { ignoreMissing } from "./journal/files.ts";
import type { Journal } from "./journal/journal.ts";
import { runEnd } from "./journal/run.ts";
import type { JournalFolder, Segment } from "./journal/segment.ts";
import type { TopicLog } from "./topic-log.ts";

/** Gives space back: a segment goes when nothing in it is kept any more. */
export interface Retention {
  /** Lets go of what lies before the topic's start, or of all of it when the topic is deleted. */
  release(topic: TopicLog): void;
  /** Looks at every segment: for a start, and after a crash in the middle of a removal. */
  sweep(): void;
  /** Resolves when what was let go so far is gone from the disk. */
  settled(): Promise<void>;
}

export interface RetentionOptions {
  readonly folder: JournalFolder;
  readonly journal: Journal;
  readonly topics: ReadonlyMap<string, TopicLog>;
  /** Ends and times are durable in the state before the segment that holds them goes. */
  readonly checkpoint: () => Promise<void>;
}

export function createRetention({ folder, journal, topics, checkpoint }: RetentionOptions): Retention {
  const turn = inTurn();
  let last: Promise<void> = Promise.resolve();

  function isDead(segment: Segment): boolean {
    // One that was just begun shows no records before its first batch is durable, and is not empty for that.
    if (segment.unreadable || segment.number >= journal.through().segment) return false;
    for (const run of segment.runs.values()) {
      const topic = topics.get(run.topicId);
      if (topic !== undefined && runEnd(run) > topic.start) return false;
    }
    return true;
  }

  function removeDead(numbers: Iterable<number>): void {
    const dead = [...numbers].flatMap((number) => journal.segments.get(number) ?? []).filter(isDead);
    if (dead.length === 0) return;
    last = turn(() => remove(dead)).catch((cause: unknown) => {
      folder.report("warn", "A part of the journal that is not needed any more could not be removed.", {
        cause: String(cause),
      });
    });
  }

  async function remove(dead: readonly Segment[]): Promise<void> {
    await checkpoint();
    for (const { number, path, indexPath } of dead) {
      if (!journal.segments.delete(number)) continue;
      await journal.openFiles.forget(path);
      await folder.files.unlink(indexPath).catch(ignoreMissing);
      await folder.files.unlink(path).catch(ignoreMissing);
    }
    await folder.files.syncFolder(folder.path);
  }

  return {
    release(topic) {
      const written = journal.through().segment;
      const kept = topic.runs.findIndex(
        (run) => !topic.deleted && (runEnd(run) > topic.start || run.segment === written),
      );
      const gone = topic.runs.splice(0, kept === -1 ? topic.runs.length : kept);
      removeDead(gone.map(({ segment }) => segment));
    },
    sweep: () => removeDead(journal.segments.keys()),
    settled: () => last,
  };
}
