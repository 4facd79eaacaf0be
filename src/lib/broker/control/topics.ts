import { formatDuration } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Layout, LayoutWish } from "../../domain/layout.ts";
import { checkName } from "../../domain/names.ts";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN, type Topic } from "../../domain/topic.ts";
import type { TopicEntry } from "../catalog-view.ts";
import { allThatStay, ofTopic, topicNamed } from "../lookup.ts";
import type { CreateTopic, DescribedTopic, TopicView } from "../requests/topics.ts";
import { allOrNothing, type Control, orOnConflict, type Undo } from "./control.ts";
import { keptCount } from "./kept.ts";
import { newSchema, putSchema } from "./schemas.ts";
import { checkWish, layoutOf, wishOf } from "./topic-layout.ts";

/** Creates a topic, with its schema if there is one: both or neither. */
export async function createTopic(control: Control, request: CreateTopic): Promise<TopicView> {
  checkName("topic", request.name);
  checkTtlOf(request);
  const wish = wishOf(request);
  if (wish !== undefined) checkWish(control, wish);
  checkFree(control, request.name);
  const topic = newTopic(control, request);
  const schema = request.schema === undefined ? undefined : newSchema(control, topic, request.schema);
  const view = { topic, schemaVersion: schema?.version ?? null, subscriptions: [], messages: 0, layout: null };
  if (request.dryRun === true) {
    await control.engine.layouts?.tryTopic(topic.name, wish ?? {});
    return view;
  }
  await allOrNothing(async (undo) => {
    // The topic's document comes last: a schema or a log without one belongs to nobody and is never believed.
    if (schema !== undefined) await putSchema(control, schema, undo);
    await putTopic(control, { topic, wish }, undo);
  }, control);
  return { ...view, layout: await layoutOf(control, topic) };
}

export function newTopic({ newId, clock }: Control, { name, visibility, ttlMs = TOPIC_TTL_MS_MAX }: Asked): Topic {
  return { name, id: newId(), visibility, purpose: "messages", ttlMs, createdAtMs: clock.now() };
}

type Asked = Pick<CreateTopic, "name" | "visibility" | "ttlMs">;

/** Fails with `topic_exists` when the name, or one that differs only in `.` and `_`, is taken. */
export function checkFree({ view }: Control, name: string): void {
  const taken = view.topicLike(name);
  if (taken !== undefined) throw exists(name, taken.name);
}

export interface NewTopic {
  readonly topic: Topic;
  /** Only for an engine with layouts. */
  readonly wish?: LayoutWish | undefined;
}

/** The log first, so that whoever sees the topic can append to it. */
export async function putTopic(control: Control, { topic, wish }: NewTopic, undo: PutUndo): Promise<void> {
  const { engine } = control;
  const { id, name } = topic;
  if (engine.layouts !== null && wish !== undefined) await engine.layouts.createTopic(id, name, wish);
  else await engine.log.createTopic(id, { name });
  undo(() => engine.log.deleteTopic(id));
  await putDocument(control, topic, undo);
}

type PutUndo = (step: Undo) => void;

export async function putDocument({ engine }: Control, topic: Topic, undo: PutUndo): Promise<void> {
  const document = await orOnConflict(engine.catalog.put("topic", topic.name, topic, 0), () =>
    exists(topic.name, topic.name),
  );
  undo(() => engine.catalog.delete("topic", topic.name, document.version));
}

export async function listTopics(control: Control): Promise<readonly TopicView[]> {
  const { view, engine } = control;
  const entries = view.topics();
  const layouts = await engine.layouts?.of(entries.map(({ topic }) => topic.id));
  const isGone = ({ topic }: TopicEntry) => view.topic(topic.name)?.topic.id !== topic.id;
  const look = (entry: TopicEntry) => viewWith(control, entry, layouts?.get(entry.topic.id) ?? null);
  return allThatStay(entries, look, isGone);
}

export async function describeTopic(control: Control, name: string): Promise<DescribedTopic> {
  const { view, engine } = control;
  const entry = topicNamed(view, name);
  const described = async () => ({
    ...(await viewOf(control, entry)),
    configs: (await engine.layouts?.configs(entry.topic.id)) ?? {},
  });
  return ofTopic(view, entry.topic, described());
}

export async function viewOf(control: Control, entry: TopicEntry): Promise<TopicView> {
  return viewWith(control, entry, await layoutOf(control, entry.topic));
}

async function viewWith(control: Control, { topic, schema }: TopicEntry, layout: Layout | null): Promise<TopicView> {
  return {
    topic,
    schemaVersion: schema?.version ?? null,
    subscriptions: control.view.subscriptionsOf(topic).map(({ name }) => name),
    messages: await keptCount(control, topic),
    layout,
  };
}

/** What is left out is the longest. */
export function checkTtlOf({ ttlMs }: Pick<CreateTopic, "ttlMs">): void {
  if (ttlMs !== undefined) checkTtl(ttlMs);
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
