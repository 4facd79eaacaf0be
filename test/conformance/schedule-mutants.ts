import { forgetful, type Mutant, newestHold, schedules } from "./mutate.ts";

export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    fault: "scheduled messages do not survive a restart",
    breaks: "a scheduled message comes back equal in every field, byte for byte, after a restart too",
    prepare: forgetful((storage) => storage.schedules.clear()),
  },
  {
    fault: "an id that waits is told to have been put again",
    breaks: "of puts of one id that race one is put, and the others are given it",
    prepare: schedules(({ put }) => ({ put: (scheduled) => put(scheduled).then(() => ({ kind: "put" })) })),
  },
  {
    fault: "what is due at this very moment is due later",
    breaks: "due gives what is due at the time, over all topics, the earliest first, and says when the next is",
    prepare: schedules(({ due }) => ({ due: (hold, untilMs, limits) => due(hold, untilMs - 1, limits) })),
  },
  {
    fault: "what is due comes topic by topic",
    breaks: "due gives what is due at the time, over all topics, the earliest first, and says when the next is",
    prepare: schedules(({ due }) => ({
      due: async (...args) => {
        const { messages, nextMs } = await due(...args);
        return { messages: [...messages].sort((a, b) => (a.topicId < b.topicId ? -1 : 1)), nextMs };
      },
    })),
  },
  {
    fault: "the next due time is that of what was asked for only",
    breaks: "due gives at most countMax messages and bytesMax of payload, but the first whatever its size",
    prepare: schedules(({ due }) => ({
      due: async (...args) => ({ messages: (await due(...args)).messages, nextMs: undefined }),
    })),
  },
  {
    fault: "a page of a list begins with the last message of the one before",
    breaks: "a list goes on behind what was given, without a gap or a repeat, also where many are due at once",
    prepare: schedules(({ list }) => ({
      list: (topicId, limits, after) => list(topicId, limits, after && { ...after, dueMs: after.dueMs - 1 }),
    })),
  },
  {
    fault: "a removal goes by the id alone",
    breaks: "removing what was there before leaves what was scheduled under the same id since",
    prepare: schedules(({ remove, find }) => ({
      remove: async (hold, keys) => {
        const now = await Promise.all(keys.map(({ topicId, id }) => find(topicId, id)));
        await remove(
          hold,
          keys.map((key, index) => ({ ...key, dueMs: now[index]?.dueMs ?? key.dueMs })),
        );
      },
    })),
  },
  {
    fault: "a superseded hold removes what is scheduled",
    breaks: "a superseded hold is given nothing that is due and removes nothing: epoch_stale",
    prepare: newestHold(({ schedules }, newest) => ({
      schedules: { ...schedules, remove: (_hold, keys) => schedules.remove(newest(), keys) },
    })),
  },
  {
    fault: "a topic is forgotten together with those whose id begins alike",
    breaks: "a topic's scheduled messages are forgotten, and those of no other topic",
    prepare: schedules(({ forget }) => ({
      forget: async (topicId) => void (await Promise.all([forget(topicId), forget(`${topicId}0`)])),
    })),
  },
  {
    fault: "a removal is not counted",
    breaks: "counts are right after puts and removals side by side, and after a restart",
    prepare: schedules(({ put, count }) => {
      let puts = 0;
      return {
        put: (scheduled) => put(scheduled).finally(() => (puts += 1)),
        count: async (topicId) => Math.max(puts, (await count(topicId)) ?? 0),
      };
    }),
  },
];
