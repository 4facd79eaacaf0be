import { setMaxListeners } from "node:events";
import { KBrokerError, messageOf } from "../../../domain/error.ts";
import type { OwnerHandler, Owners, Ownership } from "../../port.ts";
import { livingHolder, targetOf } from "../nodes/nodes.ts";
import { JOIN_LINKS_MAX } from "../wire/links.ts";
import { type AcquireDeps, acquire, tellReleased } from "./acquire.ts";
import { isFenced } from "./fence.ts";
import { type Hold, stale } from "./hold.ts";
import { keepAlive } from "./keep-alive.ts";
import { newPlace, type Place } from "./place.ts";
import { createSlots, type Slots } from "./slots.ts";

export interface KafkaOwners extends Owners {
  /** What is done under an ownership is done with this. Fails with `epoch_stale` where this node has let go of it, or lost it. */
  holdOf(ownership: Ownership): Hold;
  /** `leave`, while the other nodes still know this one; then it is none of them any more. */
  close(): Promise<void>;
}

/** Joins of owners at one time: connections of that purpose, but for the one of the nodes. Enough where each takes milliseconds. */
const JOIN_SLOTS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
/** The first join of a group waits on Kafka's side, for 3 s by default, and holds up its connection: where that is so, there are more of them. */
const WAITING_JOIN_SLOTS = Array.from({ length: JOIN_LINKS_MAX - 8 }, (_, index) => 8 + index);
const JOIN_PATIENCE_MS = 500;
/** How long the owner before may take to let go before it is taken for stuck. */
const RELEASE_MS_MAX = 30_000;
/** How long `want` waits for the first table; after that the resource is taken when there is one. */
const FIRST_TABLE_MS_MAX = 10_000;
/** An answer of the fence is as good as a new one for so long. */
const CONFIRMED_MS = 1_000;
const PAUSE_MS_MIN = 200;
const PAUSE_MS_MAX = 10_000;

export function openOwners(deps: AcquireDeps): KafkaOwners {
  const owners = new OwnersOfNode(deps);
  // An object of its own functions: parts of the broker are given copies with a handler of theirs.
  return {
    handle: (handler) => owners.handle(handler),
    want: (resource) => owners.want(resource),
    unwant: (resource) => owners.unwant(resource),
    leave: () => owners.leave(),
    holdOf: (ownership) => owners.holdOf(ownership),
    confirm: (ownership) => owners.confirm(ownership),
    close: () => owners.close(),
  };
}

class OwnersOfNode implements KafkaOwners {
  readonly #deps: AcquireDeps;
  readonly #places = new Map<string, Place>();
  readonly #closing = new AbortController();
  readonly #joins: Slots;
  readonly #ended = new AbortController();
  readonly #unwatch: readonly (() => void)[];
  readonly #firstTable: Promise<void>;
  #handler: OwnerHandler | undefined;
  #left: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(deps: AcquireDeps) {
    this.#deps = deps;
    // As many wait as there are resources.
    setMaxListeners(0, this.#closing.signal);
    const { membership, holds, wire } = deps;
    this.#joins = createSlots({
      ...{ usual: JOIN_SLOTS, more: WAITING_JOIN_SLOTS, patienceMs: JOIN_PATIENCE_MS },
      ...{ clock: wire.clock, signal: this.#closing.signal },
    });
    const tabled = new Promise<void>((resolve) => {
      if (membership.table() !== undefined) return resolve();
      const unwatch = membership.watch(() => {
        unwatch();
        resolve();
      });
    });
    this.#firstTable = Promise.race([tabled, wire.clock.after(FIRST_TABLE_MS_MAX, this.#closing.signal)]);
    this.#unwatch = [
      membership.watch(() => {
        for (const place of [...this.#places.values()]) this.#look(place);
      }),
      holds.watch((resource) => {
        const place = this.#places.get(resource);
        if (place?.waitsUntilMs !== undefined) this.#look(place);
        // Somebody else says that it is theirs: the fence knows, and tells us at once that it is lost.
        const epoch = holds.of(resource)?.epoch ?? 0;
        if (place?.hold !== undefined && epoch > place.hold.ownership.epoch)
          place.hold.confirm().catch(() => undefined);
      }),
    ];
    const live = () => Array.from(this.#places.values()).flatMap(({ hold }) => hold ?? []);
    void keepAlive({ clock: wire.clock, holds: live, signal: this.#ended.signal, report: deps.report });
  }

  handle(handler: OwnerHandler): void {
    this.#handler = handler;
  }

  async want(resource: string): Promise<void> {
    if (this.#handler === undefined) throw new KBrokerError("internal", `Nobody is there to own "${resource}".`);
    const place = this.#places.get(resource) ?? newPlace(resource);
    this.#places.set(resource, place);
    place.isWanted = true;
    await this.#firstTable;
    await this.#settle(place);
  }

  async unwant(resource: string): Promise<void> {
    const place = this.#places.get(resource);
    if (place === undefined) return;
    place.isWanted = false;
    place.isToBeReleased = place.hold !== undefined || place.running !== undefined;
    await this.#settle(place);
  }

  holdOf(ownership: Ownership): Hold {
    const hold = this.#places.get(ownership.resource)?.hold;
    if (hold === undefined || hold.ownership.epoch !== ownership.epoch) throw stale(ownership);
    hold.check();
    return hold;
  }

  confirm(ownership: Ownership): Promise<void> | undefined {
    const hold = this.#places.get(ownership.resource)?.hold;
    const isKnown = hold?.ownership.epoch === ownership.epoch && hold.isConfirmed(CONFIRMED_MS);
    return isKnown ? undefined : this.#confirm(ownership);
  }

  async #confirm(ownership: Ownership): Promise<void> {
    await this.holdOf(ownership).confirm(CONFIRMED_MS);
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #leave(): Promise<void> {
    this.#closing.abort();
    this.#deps.membership.resign();
    const places = [...this.#places.values()];
    const settled = await Promise.allSettled(places.map((place) => this.#settle(place)));
    const failed = settled.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #close(): Promise<void> {
    try {
      await this.leave();
    } finally {
      for (const unwatch of this.#unwatch) unwatch();
      this.#ended.abort();
      await this.#deps.membership.leave();
    }
  }

  /** Something has changed for it, and nobody waits for what follows. */
  #look(place: Place): void {
    if (this.#nextStep(place) !== undefined) this.#settle(place).catch(() => undefined);
  }

  /** Resolves when there is nothing left to do for it right now. Fails where something failed; that is tried again by itself. */
  #settle(place: Place): Promise<void> {
    place.running ??= this.#run(place);
    return place.running;
  }

  async #run(place: Place): Promise<void> {
    // So that `running` is set before it is taken back.
    await Promise.resolve();
    try {
      for (let step = this.#nextStep(place); step !== undefined; step = this.#nextStep(place)) await step(place);
    } catch (error) {
      this.#fail(place, error);
      // Another node was quicker, as two may that have not heard of each other yet: it owns it, or the newest table says that we do.
      if (!isFenced(error)) throw error;
    } finally {
      place.running = undefined;
      if (!place.isWanted && place.hold === undefined) this.#places.delete(place.resource);
    }
  }

  #nextStep(place: Place): ((place: Place) => Promise<void>) | undefined {
    const isOurs = place.isWanted && !this.#closing.signal.aborted && this.#isTarget(place);
    if (place.hold !== undefined) return place.isToBeReleased || !isOurs ? this.#release : undefined;
    place.isToBeReleased = false;
    if (!isOurs) {
      place.waitsUntilMs = undefined;
      return undefined;
    }
    return place.isHeldOff || this.#isWaiting(place) ? undefined : this.#acquire;
  }

  #isTarget({ resource }: Place): boolean {
    const { membership } = this.#deps;
    return targetOf(membership, resource)?.run === membership.self().run;
  }

  /** For another node, which is there and has not let go yet. */
  #isWaiting(place: Place): boolean {
    const { membership, holds, wire } = this.#deps;
    const holder = livingHolder(membership.table()?.members ?? [], holds.of(place.resource));
    if (holder === undefined || holder.run === membership.self().run) {
      place.waitsUntilMs = undefined;
      return false;
    }
    const nowMs = wire.clock.monotonic();
    if (place.waitsUntilMs === undefined) {
      place.waitsUntilMs = nowMs + RELEASE_MS_MAX;
      void wire.clock.after(RELEASE_MS_MAX, this.#closing.signal).then(() => this.#look(place));
    }
    return nowMs < place.waitsUntilMs;
  }

  readonly #acquire = async (place: Place): Promise<void> => {
    const hold = await this.#taken(place);
    if (hold === undefined) return;
    place.hold = hold;
    place.waitsUntilMs = undefined;
    place.failuresInRow = 0;
    try {
      await this.#handler?.acquired(hold.ownership);
    } catch (error) {
      if (place.hold === hold) place.hold = undefined;
      await this.#letGo(hold);
      throw error;
    }
  };

  /** `undefined`: it failed, and nobody wants it any more. */
  async #taken(place: Place): Promise<Hold | undefined> {
    try {
      const lost = (hold: Hold) => this.#lose(place, hold);
      const isWanted = () => place.isWanted && !this.#closing.signal.aborted;
      return await acquire(this.#deps, place.resource, { joins: this.#joins, lost, isWanted });
    } catch (error) {
      if (!place.isWanted || this.#closing.signal.aborted) return undefined;
      throw error;
    }
  }

  readonly #release = async (place: Place): Promise<void> => {
    const { hold } = place;
    if (hold === undefined) return;
    place.isToBeReleased = false;
    try {
      await this.#handler?.released(hold.ownership);
    } finally {
      if (place.hold === hold) place.hold = undefined;
      await this.#letGo(hold);
    }
  };

  async #letGo(hold: Hold): Promise<void> {
    if (hold.isOver) return;
    hold.end();
    // The others count it as gone, or will before they could be told.
    if (!this.#deps.membership.isConfirmed()) return;
    await tellReleased(this.#deps, hold);
  }

  /** Fenced: another node owns it. Ours again only if a table that is the newest one after this says so. */
  #lose(place: Place, hold: Hold): void {
    if (place.hold !== hold) return;
    place.hold = undefined;
    this.#holdOff(place, this.#deps.membership.confirmed());
    this.#deps.report("warn", "Another node has taken over.", { resource: place.resource });
    this.#handler?.lost(hold.ownership);
    this.#look(place);
  }

  #fail(place: Place, error: unknown): void {
    if (!place.isWanted || this.#closing.signal.aborted) return;
    const { wire, membership, report } = this.#deps;
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** place.failuresInRow);
    if (place.failuresInRow === 0 && !isFenced(error)) {
      const fields = { resource: place.resource, error: messageOf(error) };
      report("warn", "This node could not begin to own what is its own; it tries again.", fields);
    }
    place.failuresInRow += 1;
    const until = isFenced(error) ? membership.confirmed() : Promise.resolve();
    this.#holdOff(place, Promise.all([until, wire.clock.after(pauseMs, this.#closing.signal)]));
  }

  #holdOff(place: Place, until: Promise<unknown>): void {
    place.isHeldOff = true;
    void until.then(() => {
      place.isHeldOff = false;
      this.#look(place);
    });
  }
}
