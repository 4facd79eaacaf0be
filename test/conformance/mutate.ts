import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type {
  Catalog,
  Cursors,
  Engine,
  Log,
  OwnerHandler,
  Owners,
  Ownership,
  Parked,
  Reports,
  Schedules,
} from "../../src/lib/engine/port.ts";
import type { Prepare } from "./check.ts";
import { prepareMemory } from "./memory.ts";

/** An engine that keeps all promises but one. */
export interface Mutant {
  readonly fault: string;
  /** The promise, word for word, whose check must notice. */
  readonly breaks: string;
  readonly prepare: Prepare;
}

/** The memory engine with something laid over it. */
export const over =
  (mutate: (engine: Engine) => Partial<Engine>): Prepare =>
  async (clock, wish) => {
    const under = await prepareMemory(clock, wish);
    const open = async () => {
      const engine = await under.open();
      return { ...engine, ...mutate(engine) };
    };
    return { ...under, open };
  };

export const catalog = (mutate: (catalog: Catalog) => Partial<Catalog>) =>
  over((engine) => ({ catalog: { ...engine.catalog, ...mutate(engine.catalog) } }));
export const log = (mutate: (log: Log) => Partial<Log>) =>
  over((engine) => ({ log: { ...engine.log, ...mutate(engine.log) } }));
export const owners = (mutate: (owners: Owners) => Partial<Owners>) =>
  over((engine) => ({ owners: { ...engine.owners, ...mutate(engine.owners) } }));
export const cursors = (mutate: (cursors: Cursors, engine: Engine) => Partial<Cursors>) =>
  over((engine) => ({ cursors: { ...engine.cursors, ...mutate(engine.cursors, engine) } }));
export const parked = (mutate: (parked: Parked) => Partial<Parked>) =>
  over((engine) => ({ parked: { ...engine.parked, ...mutate(engine.parked) } }));

export const reports = (mutate: (reports: Reports) => Partial<Reports>) =>
  over((engine) => ({ reports: { ...engine.reports, ...mutate(engine.reports) } }));
export const schedules = (mutate: (schedules: Schedules) => Partial<Schedules>) =>
  over((engine) => ({ schedules: { ...engine.schedules, ...mutate(engine.schedules) } }));

/** Loses something of its storage at each restart. */
export const forgetful =
  (lose: (storage: MemoryStorage) => void): Prepare =>
  async (clock, { shards }) => {
    const storage = memoryStorage();
    const open = async () => {
      lose(storage);
      return memoryEngine({ clock, storage, shards });
    };
    return { open, shards };
  };

/** The newest hold, whatever hold the caller has. */
export const newestHold = (use: (engine: Engine, newest: () => Ownership) => Partial<Engine>): Prepare =>
  over((engine) => {
    let newest: Ownership = { resource: "", epoch: 0 };
    const handle = (handler: OwnerHandler) => {
      const acquired = (hold: Ownership) => {
        newest = hold;
        return handler.acquired(hold);
      };
      engine.owners.handle({ ...handler, acquired });
    };
    return { owners: { ...engine.owners, handle }, ...use(engine, () => newest) };
  });
