import { KBrokerError } from "../../domain/error.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import { type Appended, AppendFailure, type ScheduledKey, type ScheduledMessage } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";

interface Deps extends Pick<BrokerDeps, "engine" | "observer"> {
  /** Told of what cannot be published now. */
  readonly failed: (error: unknown, fields: { readonly topic: string; readonly count: number }) => void;
}

type Outcome = Appended | KBrokerError;

/**
 * Appends each message to its topic under its own id, topic by topic side by side, and gives the keys of those that are done with: they
 * can be removed. What is not among them stays and is tried again; it holds up none of those that the engine took, which would be published
 * once more as soon as the window is over. A repeat after a crash is recognised by its id and not stored again.
 */
export async function fire(deps: Deps, due: readonly ScheduledMessage[]): Promise<readonly ScheduledKey[]> {
  const byTopic = new Map<string, ScheduledMessage[]>();
  for (const one of due) {
    const messages = byTopic.get(one.topicId) ?? [];
    byTopic.set(one.topicId, messages);
    messages.push(one);
  }
  const done = await Promise.all(Array.from(byTopic, ([topicId, messages]) => fireInto(deps, topicId, messages)));
  return done.flat().map(keyOf);
}

export function keyOf({ topicId, message: { id }, dueMs }: ScheduledMessage): ScheduledKey {
  return { topicId, id, dueMs };
}

async function fireInto(
  { engine, observer, failed }: Deps,
  topicId: string,
  due: readonly ScheduledMessage[],
): Promise<readonly ScheduledMessage[]> {
  const topic = due[0]?.topic ?? "";
  try {
    const { outcomes, failure } = await append(engine, topicId, due);
    tell(observer, due, outcomes);
    await fireAgain({ engine, observer, failed }, topicId, taken(due, outcomes));
    const done = due.filter((_, index) => !(outcomes[index] instanceof KBrokerError));
    if (failure !== undefined) failed(failure, { topic, count: due.length - done.length });
    return done;
  } catch (error) {
    if (error instanceof KBrokerError && error.code === "topic_not_found") {
      observer.scheduleDropped(due.length);
      observer.log("warn", "Scheduled messages are dropped: their topic was deleted.", { topic, count: due.length });
      return due;
    }
    failed(error, { topic, count: due.length });
    return [];
  }
}

/** Of an append of which a part failed: what became of each. */
async function append(
  engine: Deps["engine"],
  topicId: string,
  due: readonly ScheduledMessage[],
): Promise<{ readonly outcomes: readonly Outcome[]; readonly failure?: KBrokerError }> {
  const messages = due.map(({ message }) => message);
  try {
    return { outcomes: await engine.log.append(topicId, messages, { dedupeWindowMs: DEDUPE_WINDOW_MS }) };
  } catch (error) {
    if (!(error instanceof AppendFailure)) throw error;
    return { outcomes: error.outcomes, failure: error };
  }
}

/**
 * Somebody published another message under the id of a scheduled one. The 202 said that this one will be published, so it is: as one
 * more message, which no window holds against it.
 */
async function fireAgain({ engine, observer }: Deps, topicId: string, due: readonly ScheduledMessage[]): Promise<void> {
  if (due.length === 0) return;
  const fields = { topic: due[0]?.topic, ids: due.map(({ message }) => message.id) };
  observer.log(
    "warn",
    "Other messages were published under the ids of scheduled ones; these are published too.",
    fields,
  );
  const messages = due.map(({ message }) => message);
  tell(observer, due, await engine.log.append(topicId, messages));
}

function taken(due: readonly ScheduledMessage[], outcomes: readonly Outcome[]): readonly ScheduledMessage[] {
  return due.filter((_, index) => {
    const outcome = outcomes[index];
    return outcome !== undefined && !(outcome instanceof KBrokerError) && outcome.kind === "conflict";
  });
}

function tell(observer: Deps["observer"], due: readonly ScheduledMessage[], outcomes: readonly Outcome[]): void {
  for (const [index, { topic, dueMs }] of due.entries()) {
    const result = outcomes[index];
    if (result === undefined || result instanceof KBrokerError || result.kind === "conflict") continue;
    observer.fired(topic, result.kind === "duplicate" ? "duplicate" : "stored", Math.max(0, result.timeMs - dueMs));
  }
}
