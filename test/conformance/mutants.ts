import type { Message } from "../../src/lib/domain/message.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { prepareForgetfulMemory, prepareMemory } from "./memory.ts";
import { catalog, cursors, forgetful, log, type Mutant, newestHold, over, owners, parked, reports } from "./mutate.ts";
import { NODE_MUTANTS } from "./node-mutants.ts";
import { SCHEDULE_MUTANTS } from "./schedule-mutants.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    fault: "watchers are told after the put has resolved",
    breaks: "a watcher hears each change in order, before the change resolves, and nothing from before it watched",
    prepare: catalog(({ watch }) => ({ watch: (tell) => watch((change) => void setImmediate(() => tell(change))) })),
  },
  {
    fault: "the expected version is not looked at",
    breaks: "a put with another expected version fails with version_conflict and changes nothing",
    prepare: catalog(({ get, put }) => ({
      put: async (kind, name, value) => put(kind, name, value, (await get(kind, name))?.version ?? 0),
    })),
  },
  {
    fault: "every racing put is told that it won",
    breaks: "of puts that race one wins, for a new document and for one that exists",
    prepare: catalog(({ put }) => ({
      put: (kind, name, value, expected) =>
        put(kind, name, value, expected).catch(() => ({ kind, name, value, version: expected + 1 })),
    })),
  },
  {
    fault: "documents are handed out as the caller's own object",
    breaks: "the engine keeps its own copy of a document",
    prepare: catalog(({ put, get }) => {
      const given = new Map<string, unknown>();
      return {
        put: (kind, name, value, expected) => {
          given.set(name, value);
          return put(kind, name, value, expected);
        },
        get: async (kind, name) => {
          const document = await get(kind, name);
          return document && { ...document, value: given.get(name) };
        },
      };
    }),
  },
  {
    fault: "every hold is confirmed",
    breaks: "a hold is confirmed while it is acquired and for as long as it lasts, and not once it is over",
    prepare: owners(() => ({ confirm: () => undefined })),
  },
  {
    fault: "results come in another order than the records",
    breaks: "an append resolves with one result a record, in the same order, at rising offsets from 0",
    prepare: log(({ append }) => ({ append: async (...args) => [...(await append(...args))].reverse() })),
  },
  {
    fault: "an append resolves before it is durable",
    breaks: "a record whose append has not resolved is served by no call",
    prepare: async (clock, wish) => {
      const storage = memoryStorage();
      return { ...(await prepareMemory(clock, wish)), open: async () => memoryEngine({ clock, storage }) };
    },
  },
  {
    fault: "messages of one key are spread like those without one",
    breaks: "all messages of one key lie in one shard, in the order of their appends, whatever their ids",
    prepare: log(({ append }) => ({
      append: (topicId, records, options) =>
        append(
          topicId,
          records.map((record) => ({ ...record, key: record.id })),
          options,
        ),
    })),
  },
  {
    fault: "results come shard by shard",
    breaks: "results come in the order of the records, each where its record is, whatever its shard",
    prepare: log(({ append }) => ({
      append: async (...args) =>
        (await append(...args)).toSorted((a, b) => ("shard" in a && "shard" in b ? a.shard.index - b.shard.index : 0)),
    })),
  },
  {
    fault: "a trim is of all shards",
    breaks: "each shard has its own offsets, times and start",
    prepare: log(({ trim, shards }) => ({
      trim: async (shard, before) => {
        for (const each of await shards(shard.topicId)) await trim(each, before);
      },
    })),
  },
  {
    fault: "what was stored under an id that its caller gave does not say so",
    breaks:
      "where a repeat may be stored, each record of an id that its caller gave says the window, and no other does",
    prepare: async (clock, wish) => {
      const under = await prepareForgetfulMemory(clock, wish);
      const open = async () => {
        const engine = await under.open();
        const { append } = engine.log;
        return {
          ...engine,
          log: { ...engine.log, append: (topicId: string, records: readonly Message[]) => append(topicId, records) },
        };
      };
      return { ...under, open };
    },
  },
  {
    fault: "an append tells a time of its own",
    breaks: "a record is read with the time that its append told, and no later record has an earlier one",
    prepare: log(({ append }) => ({
      append: async (...args) =>
        (await append(...args)).map((result) =>
          result.kind === "appended" ? { ...result, timeMs: result.timeMs - 1 } : result,
        ),
    })),
  },
  {
    fault: "time starts anew with each engine",
    breaks: "time never goes back within a shard when the clock does, not even after a trim and a restart",
    prepare: forgetful(({ topics }) => {
      for (const { shards } of topics.values()) for (const shard of shards) shard.lastTimeMs = 0;
    }),
  },
  {
    fault: "an emptied topic counts from 0 again after a restart",
    breaks: "an offset is never given twice, not even after everything was trimmed and a restart",
    prepare: forgetful(({ topics }) => {
      for (const shard of [...topics.values()].flatMap(({ shards }) => shards)) {
        if (shard.records.length === 0) Object.assign(shard, { start: 0, end: 0 });
      }
    }),
  },
  {
    fault: "a first record over bytesMax is never given",
    breaks: "reading gives at most bytesMax of payload, but the first record whatever its size",
    prepare: log(({ read }) => ({
      read: async (shard, from, limits) => {
        const result = await read(shard, from, limits);
        const small = result.records.filter(({ payload }) => payload.length <= limits.bytesMax);
        return { ...result, records: small };
      },
    })),
  },
  {
    fault: "changed resolves although nothing has changed",
    breaks: "changed resolves once the end is over the offset, and not before",
    prepare: log(() => ({ changed: async () => {} })),
  },
  {
    fault: "offsetAt takes the first time after, not at",
    breaks: "offsetAt is the first offset whose time is at or after the asked one, and the end when there is none",
    prepare: log(({ offsetAt }) => ({ offsetAt: (shard, timeMs) => offsetAt(shard, timeMs + 1) })),
  },
  {
    fault: "an id is remembered before its append has succeeded",
    breaks: "an id whose append failed is not remembered",
    prepare: log(({ append }) => {
      const seen = new Set<string>();
      return {
        append: async (topicId, records, options) => {
          const repeats = records.every(({ id }) => seen.has(id));
          for (const { id } of records) seen.add(id);
          const shard = { topicId, index: 0 };
          if (repeats) return records.map(() => ({ kind: "duplicate", shard, offset: 0, timeMs: 0 }));
          return append(topicId, records, options);
        },
      };
    }),
  },
  {
    fault: "ids are compared, bytes are not",
    breaks: "a repeat with other bytes is not stored and answers conflict",
    prepare: log(({ append }) => ({
      append: async (topicId, records, options) => {
        const first = { kind: "duplicate", shard: { topicId, index: 0 }, offset: 0, timeMs: 0 } as const;
        const results = await append(topicId, records, options);
        return results.map((result) => (result.kind === "conflict" ? first : result));
      },
    })),
  },
  {
    fault: "which records of a call are deduplicated is not looked at",
    breaks: "where not all records of a call are deduplicated, the others are stored each time and not remembered",
    prepare: log(({ append }) => ({
      append: (topicId, records, { deduped: _, ...options } = {}) => append(topicId, records, options),
    })),
  },
  {
    fault: "remembered ids are lost in a restart",
    breaks: "what is remembered survives a restart, and so does the end of its window",
    prepare: forgetful(({ topics }) => {
      for (const { remembered } of topics.values()) remembered.clear();
    }),
  },
  {
    fault: "unwant does not wait for the owner",
    breaks: "unwant resolves only once the owner has let go",
    prepare: owners(({ unwant }) => ({ unwant: async (resource) => void unwant(resource) })),
  },
  {
    fault: "epochs start anew with each engine",
    breaks: "a later hold on a resource has a higher epoch, over restarts too",
    prepare: forgetful(({ epochs }) => epochs.clear()),
  },
  {
    fault: "a superseded hold commits cursors",
    breaks: "a commit under a superseded hold fails with epoch_stale and changes nothing",
    prepare: newestHold(({ cursors }, newest) => ({
      cursors: { ...cursors, commit: (_hold, ...rest) => cursors.commit(newest(), ...rest) },
    })),
  },
  {
    fault: "a superseded hold is refused after it has unparked",
    breaks: "a commit under a superseded hold fails with epoch_stale and changes nothing",
    prepare: newestHold(({ cursors }, newest) => ({
      cursors: {
        ...cursors,
        commit: async (hold, given, unpark) => {
          await cursors.commit(newest(), [], unpark);
          await cursors.commit(hold, given);
        },
      },
    })),
  },
  {
    fault: "a superseded hold parks",
    breaks: "parking under a superseded hold fails with epoch_stale and changes nothing",
    prepare: newestHold(({ parked }, newest) => ({
      parked: { ...parked, put: (_hold, entries) => parked.put(newest(), entries) },
    })),
  },
  {
    fault: "what is named to be unparked stays parked",
    breaks: "a commit unparks what it names and nothing else, after a restart too",
    prepare: cursors(({ commit }) => ({ commit: (hold, given) => commit(hold, given) })),
  },
  {
    fault: "forget goes by prefix",
    breaks: "forget removes the cursors and parked entries of one subscription and of no other",
    prepare: cursors(({ forget }) => ({
      forget: async (id) => void (await Promise.all([forget(id), forget(`${id}0`)])),
    })),
  },
  {
    fault: "a hold outlives forget",
    breaks: "a hold from before forget brings nothing back",
    prepare: cursors(({ commit, forget }) => {
      const forgotten = new Set<string>();
      return {
        forget: (id) => forget(id).finally(() => forgotten.add(id)),
        commit: async (hold, ...rest) => (forgotten.has(hold.resource) ? undefined : commit(hold, ...rest)),
      };
    }),
  },
  {
    fault: "of two entries for one message the earlier one stays",
    breaks: "parking a message twice leaves one entry, the later one, in one call or in two",
    prepare: parked(({ put }) => ({ put: (hold, entries) => put(hold, [...entries].reverse()) })),
  },
  {
    fault: "an entry comes back without what it is dying of",
    breaks: "parked entries come back equal in every field, after a restart too",
    prepare: parked(({ load }) => ({
      load: async (hold) => (await load(hold)).map(({ dying: _, ...entry }) => entry),
    })),
  },
  ...SCHEDULE_MUTANTS,
  ...NODE_MUTANTS,
  {
    fault: "a superseded hold reports",
    breaks: "a report under a superseded hold fails with epoch_stale and changes nothing",
    prepare: newestHold(({ reports }, newest) => ({
      reports: { ...reports, report: (_hold, value) => reports.report(newest(), value) },
    })),
  },
  {
    fault: "the first report stays",
    breaks: "a later report replaces the earlier one",
    prepare: reports(({ report, read }) => ({
      report: async (hold, value) => ((await read(hold.resource)) === undefined ? report(hold, value) : undefined),
    })),
  },
  {
    fault: "a report is as old as its reader",
    breaks: "a report is read back equal, with its time and its epoch, after a restart too",
    prepare: async (clock, wish) =>
      over(({ reports }) => ({
        reports: {
          ...reports,
          read: async (resource) => {
            const report = await reports.read(resource);
            return report && { ...report, atMs: clock.now() };
          },
        },
      }))(clock, wish),
  },
  {
    fault: "reports are lost in a restart",
    breaks: "a report is read back equal, with its time and its epoch, after a restart too",
    prepare: forgetful((storage) => storage.reports.clear()),
  },
  {
    fault: "a report is the caller's own object",
    breaks: "the engine keeps its own copy of a report",
    prepare: reports(({ report, read }) => {
      const given = new Map<string, unknown>();
      return {
        report: (hold, value) => {
          given.set(hold.resource, value);
          return report(hold, value);
        },
        read: async (resource) => {
          const last = await read(resource);
          return last && { ...last, value: given.get(resource) };
        },
      };
    }),
  },
  {
    fault: "forget keeps the report",
    breaks: "forget removes the report of one subscription and of no other",
    prepare: over(({ cursors: under, reports }) => {
      const kept = new Map<string, Awaited<ReturnType<typeof reports.read>>>();
      const forget = async (id: string) => {
        kept.set(id, await reports.read(id));
        await under.forget(id);
      };
      return {
        cursors: { ...under, forget },
        reports: { ...reports, read: async (id) => kept.get(id) ?? reports.read(id) },
      };
    }),
  },
  {
    fault: "close lets go without a word",
    breaks: "close releases what is owned and waits for it",
    prepare: over(() => ({ close: async () => {} })),
  },
];
