import { KBrokerError, type Problem } from "../../domain/error.ts";
import { parsePayload } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import { withPlaces } from "../../domain/payload-places.ts";
import type { CompileSchema, Validate } from "../../domain/schema.ts";
import type { Topic, TopicSchema } from "../../domain/topic.ts";
import type { BrokerDeps } from "../broker.ts";
import type { CatalogView, TopicEntry } from "../catalog-view.ts";
import { topicNamed } from "../lookup.ts";
import type { PublishRequest } from "../requests/publish.ts";
import { checkMessage } from "./check-message.ts";

/** A message that nothing speaks against, and where it goes. */
export interface Accepted {
  readonly topic: Topic;
  readonly message: Message;
}

export interface AcceptDeps extends Pick<BrokerDeps, "compileSchema" | "newId"> {
  readonly view: CatalogView;
}

/** Refuses whatever can be refused before anything is stored; makes the id where none is given. */
export function accept(deps: AcceptDeps, request: PublishRequest): Accepted {
  const entry = publishTarget(deps.view, request.topic);
  return { topic: entry.topic, message: judge(deps, entry, request) };
}

/** The same for a topic that is found already; `value` is what the payload says, where the caller knows. */
export function judge(
  { compileSchema, newId }: Pick<AcceptDeps, "compileSchema" | "newId">,
  { topic, schema }: TopicEntry,
  request: Omit<PublishRequest, "topic"> & { readonly value?: unknown },
): Message {
  checkMessage(request);
  if (topic.imported?.isCompacted === true && request.key === undefined) throw keyNeeded(topic);
  const { key, attributes, payload, value = parsePayload(payload) } = request;
  if (schema !== undefined) {
    const problems = compiled(compileSchema, schema)(value);
    if (problems.length > 0) throw mismatch(topic, problems, payload);
  }
  const id = request.id ?? newId();
  return key === undefined ? { id, attributes, payload } : { id, key, attributes, payload };
}

/** The topic, if anybody may publish to it now. */
export function publishTarget(view: CatalogView, name: string): TopicEntry {
  const entry = topicNamed(view, name);
  const { topic, schema } = entry;
  if (topic.purpose === "dead-letter") {
    throw new KBrokerError("invalid_request", `"${name}" is a dead letter topic: only the broker writes to it.`, {
      hint: "Publish to the topic that the subscription reads.",
    });
  }
  if (topic.visibility === "public" && schema === undefined) {
    throw new KBrokerError("schema_required", `The public topic "${name}" has no schema yet.`, {
      hint: `kbroker schema create ${name} --file schema.json`,
    });
  }
  return entry;
}

/** It compiled when it was created: that it does not any more is no fault of the one who publishes. */
function compiled(compile: CompileSchema, { topic, version, definition }: TopicSchema): Validate {
  try {
    return compile(definition);
  } catch (cause) {
    throw new KBrokerError("internal", `Version ${version} of the schema of "${topic}" cannot be used any more.`, {
      cause,
    });
  }
}

function keyNeeded({ name }: Topic): KBrokerError {
  return new KBrokerError("invalid_request", `The message needs a key: the topic "${name}" is compacted in Kafka.`, {
    hint: 'Give it a key: --key, X-KB-Key, or "key" in a line of a batch.',
  });
}

function mismatch({ name }: Topic, problems: readonly Problem[], payload: Uint8Array): KBrokerError {
  const [first] = problems;
  const where = first?.pointer ? `${first.pointer} ` : "";
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new KBrokerError(
    "schema_mismatch",
    `The payload does not fit the schema of topic "${name}": ${where}${first?.message ?? ""}${more}.`,
    { hint: `kbroker schema describe ${name}`, problems: withPlaces(problems, payload) },
  );
}
