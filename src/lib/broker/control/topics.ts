import { formatDuration } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import { checkName } from "../../domain/names.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN, type Topic } from "../../domain/topic.ts";
import type { TopicEntry } from "../catalog-view.ts";
import { allThatStay, ofTopic, topicNamed } from "../lookup.ts";
import type { CreateTopic, TopicView } from "../requests/topics.ts";
import { allOrNothing, type Control, orOnConflict, type Undo } from "./control.ts";
import { keptCount } from "./kept.ts";
import { newSchema, putSchema } from "./schemas.ts";

/** Creates a topic, with its schema if there is one: both or neither. */
export async function createTopic(control: Control, request: CreateTopic): Promise<TopicView> {
  checkName("topic", request.name);
  const ttlMs = request.ttlMs ?? TOPIC_TTL_MS_MAX;
  checkTtl(ttlMs);
  checkFree(control, request.name);
  const topic: Topic = {
    name: request.name,
    id: control.newId(),
    visibility: request.visibility,
    purpose: "messages",
    ttlMs,
    createdAtMs: control.clock.now(),
  };
  const schema = request.schema === undefined ? undefined : newSchema(control, topic, request.schema);
  const view = { topic, schemaVersion: schema?.version ?? null, subscriptions: [], messages: 0 };
  if (request.dryRun === true) return view;
  await allOrNothing(async (undo) => {
    // The topic's document comes last: a schema or a log without one belongs to nobody and is never believed.
    if (schema !== undefined) await putSchema(control, schema, undo);
    await putTopic(control, topic, undo);
  }, control);
  return view;
}

/** Fails with `topic_exists` when the name, or one that differs only in `.` and `_`, is taken. */
function checkFree({ view }: Control, name: string): void {
  const taken = view.topicLike(name);
  if (taken !== undefined) throw exists(name, taken.name);
}

/** The log first, so that whoever sees the topic can append to it. */
export async function putTopic(control: Control, topic: Topic, undo: (step: Undo) => void): Promise<void> {
  const { engine } = control;
  await engine.log.createTopic(topic.id, { name: topic.name });
  undo(() => engine.log.deleteTopic(topic.id));
  const document = await orOnConflict(engine.catalog.put("topic", topic.name, topic, 0), () =>
    exists(topic.name, topic.name),
  );
  undo(() => engine.catalog.delete("topic", topic.name, document.version));
}

export async function listTopics(control: Control): Promise<readonly TopicView[]> {
  const { view } = control;
  const isGone = ({ topic }: TopicEntry) => view.topic(topic.name)?.topic.id !== topic.id;
  return allThatStay(view.topics(), (entry) => viewOf(control, entry), isGone);
}

export async function describeTopic(control: Control, name: string): Promise<TopicView> {
  const entry = topicNamed(control.view, name);
  return ofTopic(control.view, entry.topic, viewOf(control, entry));
}

async function viewOf(control: Control, { topic, schema }: TopicEntry): Promise<TopicView> {
  return {
    topic,
    schemaVersion: schema?.version ?? null,
    subscriptions: control.view.subscriptionsOf(topic).map(({ name }) => name),
    messages: await keptCount(control, topic),
  };
}

export function checkTtl(ttlMs: number): void {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= TOPIC_TTL_MS_MIN && ttlMs <= TOPIC_TTL_MS_MAX) return;
  throw new KBrokerError(
    "invalid_request",
    `The time to live is ${formatDuration(ttlMs)}; it must be between 1h and 7d.`,
  );
}

function exists(name: string, taken: string): KBrokerError {
  return name === taken
    ? new KBrokerError("topic_exists", `A topic "${name}" exists already.`, { hint: `kbroker topic describe ${name}` })
    : new KBrokerError("topic_exists", `"${name}" differs from the topic "${taken}" only in "." and "_".`, {
        hint: "Choose a name that differs in another character.",
      });
}
