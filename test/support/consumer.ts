import type { Outcome, Post, Push } from "../../src/lib/domain/delivery.ts";
import { HEADER } from "../../src/lib/domain/headers.ts";
import { deferred } from "./promises.ts";

export const ok: Outcome = { kind: "answered", status: 200, tookMs: 1 };
export const refused: Outcome = { kind: "connection", reason: "connection refused at 127.0.0.1:9000", tookMs: 1 };
export const broken: Outcome = { kind: "unavailable", reason: "the connection broke", tookMs: 1 };
export const answered = (status: number): Outcome => ({ kind: "answered", status, tookMs: 1 });

export interface Received {
  readonly push: Push;
  readonly id: string;
  readonly attempt: number;
}

export type Script = (received: Received) => Outcome | "hold";

/** Stands at the other end: keeps what it is sent and answers as its script says. */
export interface Consumer {
  readonly post: Post;
  readonly received: readonly Received[];
  readonly held: readonly string[];
  /** From now on. */
  script(script: Script): void;
  /** Answers the oldest held push of this message. */
  answer(id: string, outcome: Outcome): void;
  /** Ids in the order in which they came, each with its attempt where that is not the first. */
  log(): string;
}

export function consumer(first: Script = () => ok): Consumer {
  let script = first;
  const received: Received[] = [];
  const held: { readonly id: string; readonly signal: AbortSignal; readonly answer: (outcome: Outcome) => void }[] = [];
  const heard = new WeakSet<AbortSignal>();

  function hear(signal: AbortSignal): void {
    if (heard.has(signal)) return;
    heard.add(signal);
    signal.addEventListener("abort", () => {
      for (const each of held)
        if (each.signal === signal) each.answer({ kind: "unavailable", reason: "aborted", tookMs: 0 });
    });
  }

  const post: Post = async (push, signal) => {
    const header = (name: string) => push.headers[push.headers.indexOf(name) + 1] ?? "";
    const each = { push, id: header(HEADER.messageId), attempt: Number(header(HEADER.deliveryAttempt)) };
    received.push(each);
    const outcome = script(each);
    if (outcome !== "hold") return outcome;
    const answer = deferred<Outcome>();
    held.push({ id: each.id, signal, answer: answer.resolve });
    hear(signal);
    return await answer.promise;
  };

  return {
    post,
    received,
    get held() {
      return held.map(({ id }) => id);
    },
    script: (next) => {
      script = next;
    },
    answer(id, outcome) {
      const index = held.findIndex((each) => each.id === id);
      const [each] = index < 0 ? [] : held.splice(index, 1);
      if (each === undefined)
        throw new Error(`No push of ${id} is held; held are ${held.map((one) => one.id).join(", ")}.`);
      each.answer(outcome);
    },
    log: () => received.map(({ id, attempt }) => (attempt === 1 ? id : `${id}#${attempt}`)).join(" "),
  };
}
