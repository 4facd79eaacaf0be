import { BATCH_BYTES_MAX, BATCH_LINES_MAX, type BatchLine, linesOf, parseBatchLine } from "../../domain/batch.ts";
import { type Code, KBrokerError } from "../../domain/error.ts";
import type { Message } from "../../domain/message.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import { type Appended, AppendFailure } from "../../engine/port.ts";
import type { TopicEntry } from "../catalog-view.ts";
import { onNewestTopic } from "../caught-up.ts";
import type { BatchResult, PublishBatchRequest } from "../requests/publish.ts";
import { judge, publishTarget } from "./accept.ts";
import { answer, type PublishDeps } from "./publish.ts";

type Refused = Extract<BatchResult, { readonly error: KBrokerError }>;

/** A line that can be stored; `given` when its id is the publisher's own. */
interface Good {
  readonly line: number;
  readonly message: Message;
  readonly given: boolean;
}

/**
 * Many messages into one topic. A line that is refused changes nothing and holds nobody up: all others are one append. When it fails, the
 * batch does, and may be sent again as it is.
 */
export function createPublishBatch(
  deps: PublishDeps,
): (request: PublishBatchRequest) => Promise<readonly BatchResult[]> {
  const { engine, view, observer, checkOpen } = deps;

  const publish = async ({ topic: name, batch }: PublishBatchRequest) => {
    checkOpen();
    const entry = publishTarget(view, name);
    const { topic } = entry;
    const checked = linesToStore(batch).map((line) => check(deps, entry, line));
    const good = checked.filter((one) => "message" in one);
    const given = new Set(good.filter((one) => one.given).map(({ message }) => message));
    const options = { dedupeWindowMs: DEDUPE_WINDOW_MS, deduped: (record: Message) => given.has(record) };
    const messages = good.map(({ message }) => message);
    const append = engine.log.append(topic.id, messages, given.size === 0 ? {} : options);
    const outcomes = (await eachOf(append)).values();
    return checked.map((one) => {
      if ("error" in one) return one;
      const of = { id: one.message.id, topic: topic.name };
      const outcome = outcomes.next().value;
      return orRefusal(one.line, (line) => {
        if (outcome instanceof KBrokerError) throw outcome;
        return { line, published: answer(outcome, of, observer) };
      });
    });
  };

  return (request) => onNewestTopic(deps, request.topic, () => publish(request));
}

/** What an engine says of a message that it does not take. */
const REFUSALS: ReadonlySet<Code> = new Set(["invalid_request", "payload_too_large"]);

/** An engine may refuse some messages for what they are: that is their lines' own as long as it took all others. */
async function eachOf(append: Promise<readonly Appended[]>): Promise<readonly (Appended | KBrokerError)[]> {
  try {
    return await append;
  } catch (error) {
    const isInDoubt = (each: Appended | KBrokerError) => each instanceof KBrokerError && !REFUSALS.has(each.code);
    if (!(error instanceof AppendFailure) || error.outcomes.some(isInDoubt)) throw error;
    return error.outcomes;
  }
}

/** Fails with `payload_too_large` or `invalid_request` when the batch itself cannot be taken. */
function linesToStore(batch: Uint8Array): readonly BatchLine[] {
  if (batch.length > BATCH_BYTES_MAX) throw tooLarge(`${batch.length} bytes; at most ${BATCH_BYTES_MAX} are taken`);
  const lines = linesOf(batch);
  if (lines.length > BATCH_LINES_MAX) throw tooLarge(`${lines.length} lines; at most ${BATCH_LINES_MAX} are taken`);
  if (lines.length > 0) return lines;
  throw new KBrokerError("invalid_request", "The batch has no line.", {
    hint: 'Send one {"payload": …} a line, with a line feed between lines.',
  });
}

function tooLarge(what: string): KBrokerError {
  return new KBrokerError("payload_too_large", `The batch has ${what}.`, { hint: "Send it in smaller batches." });
}

function check(deps: PublishDeps, entry: TopicEntry, { number, bytes }: BatchLine): Good | Refused {
  return orRefusal(number, (line) => {
    const { payloadAt, ...asked } = parseBatchLine(bytes);
    const message = inLine(bytes.subarray(0, payloadAt), () => judge(deps, entry, asked));
    return { line, message, given: asked.id !== undefined };
  });
}

/** A payload holds no line feed, so a place in it is one in its line, that much further to the right. */
function inLine<T>(before: Uint8Array, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof KBrokerError) || error.problems === undefined) throw error;
    const shift = Array.from(new TextDecoder().decode(before)).length;
    const problems = error.problems.map(({ column, ...problem }) => {
      return column === undefined ? problem : { ...problem, column: column + shift };
    });
    const { code, message, hint } = error;
    throw new KBrokerError(code, message, { hint, problems, cause: error });
  }
}

/** A refusal is the line's own; whatever the publisher did not cause is the whole batch's. */
function orRefusal<T>(number: number, act: (line: number) => T): T | Refused {
  try {
    return act(number);
  } catch (error) {
    if (!(error instanceof KBrokerError) || error.code === "internal") throw error;
    const { code, message, hint } = error;
    const problems = error.problems?.map((problem) => ({ ...problem, line: number }));
    return { line: number, error: new KBrokerError(code, message, { hint, problems, cause: error }) };
  }
}
