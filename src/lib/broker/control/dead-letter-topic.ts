import { cursorAt } from "../../domain/cursor.ts";
import { KBrokerError } from "../../domain/error.ts";
import { deadLetterNameProblem } from "../../domain/names.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { ShardCursor } from "../../engine/port.ts";
import type { CreateSubscription } from "../requests/subscriptions.ts";
import type { Control, Undo } from "./control.ts";
import { keptCount, keptShards } from "./kept.ts";
import { removeDeleted, usersOf } from "./removal.ts";
import { wishForErrors } from "./topic-layout.ts";
import { putTopic } from "./topics.ts";

/** A new subscription, and what shall become of dead letters that are there already. */
export interface Errors {
  readonly subscription: Subscription;
  readonly errors: CreateSubscription["errors"];
  /** Of a dead letter topic that is made. */
  readonly ttlMs: number;
}

/**
 * Fails where the dead letter topic cannot be used, and with `dead_letters_left` where a deleted subscription left dead letters in it and
 * nobody has said what shall become of them.
 */
export async function checkErrors(control: Control, { subscription, errors }: Errors): Promise<void> {
  const { name, topic, deadLetterTopic } = subscription;
  const problem = deadLetterNameProblem(deadLetterTopic);
  if (problem !== undefined) throw new KBrokerError("invalid_request", problem);
  if (deadLetterTopic === topic) {
    throw new KBrokerError("invalid_request", `"${name}" would give its dead letters to "${topic}", which it reads.`, {
      hint: "Give it another dead letter topic with --dead-letter-topic, or another name.",
    });
  }
  const there = control.view.topic(deadLetterTopic)?.topic;
  if (there === undefined) return checkFree(control, subscription);
  const users = usersOf(control.view, there);
  if (errors === "purge" && users.length > 0) throw inUse(subscription, users);
  if (errors !== undefined || isShared(users, there)) return;
  const left = await keptCount(control, there);
  if (left > 0) throw lettersLeft(subscription, left);
}

/** Makes the topic where there is none. Resolves with where the subscription stands in it: none is at its start. */
export async function openErrors(
  control: Control,
  { subscription, errors, ttlMs }: Errors,
  undo: (step: Undo) => void,
): Promise<readonly ShardCursor[]> {
  const { deadLetterTopic, topicId, id: subscriptionId } = subscription;
  // What was asked to be purged stays so, whatever becomes of the creation.
  if (errors === "purge") await purge(control, deadLetterTopic);
  const there = control.view.topic(deadLetterTopic)?.topic;
  if (there === undefined) {
    const topic = newTopic(control, deadLetterTopic, ttlMs);
    await putTopic(control, { topic, wish: await wishForErrors(control, topicId) }, undo);
    return [];
  }
  if (errors === "keep" || !isShared(usersOf(control.view, there), there)) return [];
  // What an earlier subscription of that name left among the others' is not this one's.
  const shards = await keptShards(control, there);
  return shards.map(({ shard, end }) => ({ shard, cursor: cursorAt(end, { topicId: there.id, subscriptionId }) }));
}

/** Whether somebody gives dead letters to it; who only reads it does not count. */
function isShared(users: readonly Subscription[], { id }: Topic): boolean {
  return users.some(({ topicId }) => topicId !== id);
}

async function purge(control: Control, name: string): Promise<void> {
  const { engine, view, clock } = control;
  const there = view.topicDocument(name);
  if (there === undefined) return;
  const deletion = { atMs: clock.now(), purgeErrors: false };
  await engine.catalog.put("topic", name, { ...there.value, deletion }, there.version);
  await removeDeleted(control);
}

function newTopic({ newId, clock }: Control, name: string, ttlMs: number): Topic {
  return {
    name,
    id: newId(),
    visibility: "private",
    purpose: "dead-letter",
    ttlMs,
    createdAtMs: clock.now(),
  };
}

function checkFree({ view }: Control, { name, deadLetterTopic }: Subscription): void {
  const taken = view.topicLike(deadLetterTopic);
  if (taken === undefined) return;
  throw new KBrokerError(
    "topic_exists",
    `The dead letter topic of "${name}" is "${deadLetterTopic}", which differs from the topic "${taken.name}" only in "." and "_".`,
    { hint: "Choose another name for the subscription." },
  );
}

function inUse({ deadLetterTopic }: Subscription, users: readonly Subscription[]): KBrokerError {
  const names = users.map((user) => user.name).join(", ");
  return new KBrokerError("topic_in_use", `"${deadLetterTopic}" is used by ${names} and cannot be purged.`, {
    hint: "Create it without --purge-errors.",
  });
}

function lettersLeft({ deadLetterTopic }: Subscription, count: number): KBrokerError {
  const letters = count === 1 ? "a dead letter" : `${count} dead letters`;
  return new KBrokerError(
    "dead_letters_left",
    `"${deadLetterTopic}" holds ${letters} of a subscription that was deleted.`,
    { hint: "Give --keep-errors to take them over, or --purge-errors to remove them." },
  );
}
