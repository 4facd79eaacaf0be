import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../../../domain/clock.ts";
import { messageOf } from "../../../domain/error.ts";
import type { NodeName } from "../../../domain/node.ts";
import type { Report } from "../../../domain/report.ts";
import { kafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { nodesGroup, SESSION_MS, type Seat } from "./group.ts";
import type { Member, Table } from "./table.ts";

/** This node among the others, for as long as the engine is open. */
export interface Membership {
  /** As it calls itself now: under another id where a second process has joined under its own. */
  self(): Member;
  /** The newest that was sent; `undefined`: none yet. */
  table(): Table | undefined;
  /** Whether a heartbeat was confirmed within the session's time. Else the others may have another table by now. */
  isConfirmed(): boolean;
  /** Resolves once the table that is known was the newest one at a moment after the call; never rejects. */
  confirmed(): Promise<void>;
  /** Told of each new table. */
  watch(tell: () => void): () => void;
  /** Tells the others that nothing is to be this node's own any more; it stays among them until it leaves. */
  resign(): void;
  /** Resolves once the others are without it, or could not be told in the session's time. */
  leave(): Promise<void>;
}

export interface MembershipOptions {
  readonly wire: Wire;
  /** Of wall time. */
  readonly clock: Clock;
  readonly group: string;
  readonly name: NodeName;
  readonly report: Report;
}

const HEARTBEAT_MS = 500;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export function openMembership(options: MembershipOptions): Membership {
  return new KafkaMembership(options);
}

class KafkaMembership implements Membership {
  readonly #options: MembershipOptions;
  readonly #closing = new AbortController();
  readonly #group: ReturnType<typeof nodesGroup>;
  readonly #watchers = new Set<() => void>();
  readonly #lived: Promise<void>;
  #self: Member;
  #table: Table | undefined;
  #seat: Seat | undefined;
  /** Monotonic time at which the last confirmed call was sent. */
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #confirmations: { readonly askedMs: number; readonly done: () => void }[] = [];
  /** Ends the pause between two heartbeats. */
  #poke = new AbortController();
  #isOut: boolean = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    const { name, clock, wire, group } = options;
    this.#self = { ...name, run: randomUUID(), edition: 1, sinceMs: clock.now(), isLeaving: false };
    this.#group = nodesGroup(wire, group, this.#closing.signal);
    this.#lived = this.#live();
  }

  self(): Member {
    return this.#self;
  }

  table(): Table | undefined {
    return this.#table;
  }

  isConfirmed(): boolean {
    return this.#options.wire.clock.monotonic() - this.#confirmedMs < SESSION_MS;
  }

  confirmed(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    const askedMs = this.#options.wire.clock.monotonic();
    return new Promise((done) => this.#confirmations.push({ askedMs, done }));
  }

  watch(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => void this.#watchers.delete(tell);
  }

  resign(): void {
    if (this.#self.isLeaving) return;
    // Nobody else is there to be told.
    const isAlone = this.#table !== undefined && this.#table.members.length === 1;
    this.#change({ isLeaving: true });
    if (!isAlone) this.#poke.abort();
  }

  async leave(): Promise<void> {
    this.#closing.abort();
    this.#poke.abort();
    for (const { done } of this.#confirmations.splice(0)) done();
    // A join that is under way may wait for others on Kafka's side: to leave ends it.
    if (this.#seat === undefined) await this.#ended();
    try {
      if (this.#seat !== undefined) await this.#group.leave(this.#self.id, this.#seat);
    } catch (error) {
      const fields = { node: this.#self.id, error: messageOf(error) };
      this.#options.report("warn", "The other nodes could not be told that this one ends; they notice.", fields);
    }
    await this.#ended();
  }

  async #ended(): Promise<void> {
    await Promise.race([this.#lived, this.#options.wire.clock.after(SESSION_MS)]);
  }

  async #live(): Promise<void> {
    let pauseMs = PAUSE_MS_MIN;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#join();
        this.#overcome();
        pauseMs = PAUSE_MS_MIN;
        await this.#beat();
      } catch (thrown) {
        if (this.#closing.signal.aborted) return;
        if (this.#mayJoinAtOnce(thrown)) continue;
        this.#fail(thrown);
        await this.#options.wire.clock.after(pauseMs, this.#closing.signal);
        pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
      }
    }
  }

  async #join(): Promise<void> {
    const [member, sentMs] = [this.#self, this.#options.wire.clock.monotonic()];
    const { seat, table } = await this.#group.join(member, this.#seat?.memberId ?? "");
    this.#seat = seat;
    const own = table?.members.find(({ run, edition }) => run === member.run && edition === member.edition);
    if (table === undefined || own === undefined) {
      // It took the place of its earlier life, and nobody was asked for a new table: a change of what it says makes them ask.
      this.#change({});
      throw new TableIsOld();
    }
    const before = this.#table;
    this.#table = table;
    this.#tellChange(before, table);
    this.#confirm(sentMs);
    for (const tell of [...this.#watchers]) tell();
  }

  /** Until the others want a new table: then it fails with `REBALANCE_IN_PROGRESS`. */
  async #beat(): Promise<void> {
    const { clock } = this.#options.wire;
    const { edition } = this.#self;
    while (!this.#closing.signal.aborted) {
      this.#poke = new AbortController();
      if (edition !== this.#self.edition && !this.#isAlone()) return;
      await clock.after(HEARTBEAT_MS, this.#poke.signal);
      if (this.#closing.signal.aborted || this.#seat === undefined) return;
      if (edition !== this.#self.edition && !this.#isAlone()) return;
      const sentMs = clock.monotonic();
      await this.#group.heartbeat(this.#self.id, this.#seat);
      this.#confirm(sentMs);
      this.#overcome();
    }
  }

  #isAlone(): boolean {
    return this.#table?.members.length === 1;
  }

  #mayJoinAtOnce(thrown: unknown): boolean {
    if (thrown instanceof TableIsOld) return this.#self.edition < EDITIONS_AT_ONCE_MAX || this.#isOut;
    const failure = kafkaFailure(thrown);
    if (failure.says("REBALANCE_IN_PROGRESS")) return true;
    if (failure.says("FENCED_INSTANCE_ID")) this.#rename();
    else if (failure.says("UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")) this.#seat = undefined;
    else return false;
    return true;
  }

  /** Two processes under one id: the later one has it, as when a node is started again. This one goes on under a name of its own. */
  #rename(): void {
    const before = this.#self.id;
    this.#seat = undefined;
    this.#change({ id: `${this.#options.name.id}-${randomBytes(3).toString("hex")}` });
    const fields = { node: before, now: this.#self.id };
    const message = "Another process has joined under this node's id. Give each node its own with --node-id.";
    this.#options.report("error", message, fields);
  }

  #change(changes: Partial<Member>): void {
    this.#self = { ...this.#self, ...changes, edition: this.#self.edition + 1 };
  }

  #confirm(sentMs: number): void {
    this.#confirmedMs = Math.max(this.#confirmedMs, sentMs);
    const over = this.#confirmations.filter(({ askedMs }) => askedMs <= sentMs);
    this.#confirmations = this.#confirmations.filter(({ askedMs }) => askedMs > sentMs);
    for (const { done } of over) done();
  }

  /** Who reads the log of any node sees which one came or went, and when. */
  #tellChange(before: Table | undefined, now: Table): void {
    const [came, gone] = [missingIn(before, now), missingIn(now, before)];
    if (came.length + gone.length === 0) return;
    const fields = { nodes: now.members.map(({ id }) => id), came, gone };
    this.#options.report(
      "info",
      before === undefined ? "This node is among the others." : "The nodes are others now.",
      fields,
    );
  }

  /** Once an outage. */
  #fail(thrown: unknown): void {
    if (this.#isOut) return;
    this.#isOut = true;
    const fields = { node: this.#self.id, error: messageOf(thrown) };
    this.#options.report(
      "warn",
      "This node has lost touch with the others; it tries again for as long as it runs.",
      fields,
    );
  }

  #overcome(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#options.report("info", "This node is among the others again.", { node: this.#self.id });
  }
}

/** A node that was started again under its id has gone, and has come. */
function missingIn(table: Table | undefined, of: Table | undefined): readonly string[] {
  const known = new Set(table?.members.map(({ run }) => run));
  return of?.members.filter(({ run }) => !known.has(run)).map(({ id }) => id) ?? [];
}

/** A node says something new of itself so often at once; then it pauses in between. */
const EDITIONS_AT_ONCE_MAX = 8;

class TableIsOld extends Error {
  override readonly message = "The table of nodes does not know this node yet.";
}
