import { KBrokerError } from "../../domain/error.ts";
import type { IdIndex } from "./dedupe/id-index.ts";
import { digestOf, idKey } from "./dedupe/id-index.ts";
import { type FrameHead, frameMessage } from "./journal/frame.ts";
import { type Found, type JournalPosition, type Recovered, recoverJournal } from "./journal/recover.ts";
import { runEnd } from "./journal/run.ts";
import { type JournalFolder, segmentNumbers } from "./journal/segment.ts";
import { type Standing, standings, subscriptionName, topicName } from "./state/standing.ts";
import type { StateStore } from "./state/store.ts";
import { type TopicLog, topicLog, topicRecord } from "./topic-log.ts";

export interface RecoveryOptions {
  readonly folder: JournalFolder;
  readonly store: StateStore;
  readonly index: IdIndex;
  readonly nowMs: number;
  /** Count what was taken away as damaged instead of refusing to start. */
  readonly acceptLoss: boolean;
}

const NOTHING_YET: JournalPosition = { segment: 0, bytes: 0, batch: 0 };

/** Brings journal and state together: what the one knows and the other lacks is found, reported, and counted or refused. */
export async function recover(
  options: RecoveryOptions,
): Promise<{ recovered: Recovered; topics: Map<string, TopicLog> }> {
  const { folder, store, index, nowMs } = options;
  const through = await throughOf(options);
  const records = new Map([...store.topics.getRange()].map(({ key, value }) => [key, value]));
  const stands = standings(store).filter(({ topicId }) => records.has(topicId));
  const knownEnds = new Map([...records].map(([id, { end }]) => [id, end]));
  for (const { topicId, offset } of stands) knownEnds.set(topicId, Math.max(knownEnds.get(topicId) ?? 0, offset));
  const recovered = await recoverJournal(folder, {
    through,
    knownEnds,
    accountedEnds: new Map([...records].map(([id, { accounted, start }]) => [id, Math.max(accounted, start)])),
    onFrame(head, bytes, position) {
      if (records.has(head.topicId) && nowMs - head.timeMs <= head.dedupeWindowMs)
        rememberFrame(index, head, { bytes, position });
    },
    judge: (found) => refuseLoss(options, found, stands),
  });
  const topics = new Map([...records].map(([id, record]) => [id, topicLog(id, record)]));
  attachRuns(topics, recovered);
  await settleEnds({ ...options, topics, recovered, knownEnds });
  for (const topic of topics.values()) reportGaps(folder, store, topic);
  return { recovered, topics };
}

/** The position is there from the first start on: a journal beside a state without it has lost its state. */
async function throughOf({ folder, store, acceptLoss }: RecoveryOptions): Promise<JournalPosition> {
  const stored = store.journal.get("through");
  if (stored !== undefined) return stored;
  if ((await segmentNumbers(folder)).length > 0 && !acceptLoss) {
    throw dataLost(`The journal ${folder.path} is there, but the state that belongs to it is not.`);
  }
  await store.commit((write) => write.put(store.journal, "through", NOTHING_YET));
  return NOTHING_YET;
}

function rememberFrame(index: IdIndex, head: FrameHead, place: { bytes: Buffer; position: number }): void {
  const { id, payload } = frameMessage(place.bytes, place.position);
  const { offset, timeMs, dedupeWindowMs: windowMs } = head;
  index.remember(idKey(head.topicId, id), { offset, timeMs, windowMs, digest: digestOf(payload) });
}

/** Somebody stands where the journal has nothing, and nothing unreadable either: it was taken away. */
function refuseLoss(options: RecoveryOptions, found: Found, stands: readonly Standing[]): void {
  const { store, acceptLoss } = options;
  if (acceptLoss || (found.damaged && !found.missing)) return;
  for (const { subscriptionId, topicId, offset } of stands) {
    const end = found.foundEnds.get(topicId) ?? 0;
    if (offset <= end) continue;
    const [subscription, topic] = [subscriptionName(store, subscriptionId), topicName(store, topicId)];
    const stands = `The subscription "${subscription}" stands at offset ${offset} of topic "${topic}"`;
    throw dataLost(`${stands}, but the topic ends at ${end}: messages were taken away from the data directory.`);
  }
}

function dataLost(message: string): KBrokerError {
  return new KBrokerError("data_lost", message, {
    hint: "Put the missing files back, or run `kbroker broker start --accept-loss` to count what is missing as damaged.",
  });
}

function attachRuns(topics: ReadonlyMap<string, TopicLog>, { segments }: Recovered): void {
  for (const { runs } of segments) {
    for (const run of runs.values()) {
      const topic = topics.get(run.topicId);
      if (topic === undefined) continue;
      topic.runs.push(run);
      topic.lastTimeMs = Math.max(topic.lastTimeMs, run.lastTimeMs);
    }
  }
}

/** Offsets are never given twice: a topic goes on behind everything that anyone knows of it. */
async function settleEnds(
  options: RecoveryOptions & {
    readonly topics: ReadonlyMap<string, TopicLog>;
    readonly recovered: Recovered;
    readonly knownEnds: ReadonlyMap<string, number>;
  },
): Promise<void> {
  const { folder, store, topics, recovered, knownEnds } = options;
  const lossy: TopicLog[] = [];
  for (const topic of topics.values()) {
    const found = recovered.foundEnds.get(topic.id) ?? 0;
    topic.end = Math.max(found, knownEnds.get(topic.id) ?? 0);
    topic.next = topic.end;
    if (topic.end === found) continue;
    topic.accounted = topic.end;
    lossy.push(topic);
    reportLost(folder, store, { topic, from: found, to: topic.end });
  }
  if (lossy.length === 0) return;
  await store.commit((write) => {
    for (const topic of lossy) write.put(store.topics, topic.id, topicRecord(topic));
  });
}

/** Of what is between two runs; behind the last, `settleEnds` has told. */
function reportGaps(folder: JournalFolder, store: StateStore, topic: TopicLog): void {
  let expected = topic.start;
  for (const run of topic.runs) {
    if (run.firstOffset > expected) reportLost(folder, store, { topic, from: expected, to: run.firstOffset });
    expected = Math.max(expected, runEnd(run));
  }
}

function reportLost(
  folder: JournalFolder,
  store: StateStore,
  { topic, from, to }: { topic: TopicLog; from: number; to: number },
): void {
  const message = `${to - from} messages of topic "${topicName(store, topic.id)}" are lost and count as damaged.`;
  folder.report("error", message, { topicId: topic.id, from, to });
}
