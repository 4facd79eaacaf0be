import { KBrokerError, type Problem } from "../../domain/error.ts";
import { parsePayload } from "../../domain/json.ts";
import { locate } from "../../domain/json-place.ts";
import type { CompileSchema, Validate } from "../../domain/schema.ts";
import { DEDUPE_WINDOW_MS, type Topic, type TopicSchema } from "../../domain/topic.ts";
import type { Appended } from "../../engine/port.ts";
import type { BrokerDeps, Published, PublishRequest } from "../broker.ts";
import type { CatalogView, TopicEntry } from "../catalog-view.ts";
import { topicNamed } from "../lookup.ts";
import { checkMessage } from "./check-message.ts";

type Deps = Pick<BrokerDeps, "engine" | "compileSchema" | "newId" | "observer"> & {
  readonly view: CatalogView;
  /** Throws once the broker stops. */
  readonly checkOpen: () => void;
};

const DEDUPED = { dedupeWindowMs: DEDUPE_WINDOW_MS };

/**
 * One message into its topic. Everything that can be refused is refused before the append, and the append is the only thing
 * that is waited for. Answers once the message would survive a power cut.
 */
export function createPublish(deps: Deps): (request: PublishRequest) => Promise<Published> {
  const { engine, view, compileSchema, newId, observer, checkOpen } = deps;

  return async (request) => {
    checkOpen();
    const entry = target(view, request.topic);
    checkMessage(request);
    const value = parsePayload(request.payload);
    if (entry.schema !== undefined) {
      const problems = compiled(compileSchema, entry.schema)(value);
      if (problems.length > 0) throw mismatch(entry.topic, problems, request.payload);
    }
    const id = request.id ?? newId();
    const { key, attributes, payload } = request;
    const message = key === undefined ? { id, attributes, payload } : { id, key, attributes, payload };
    const [appended] = await engine.log.append(entry.topic.id, [message], request.id === undefined ? {} : DEDUPED);
    return answer(appended, { id, topic: entry.topic.name }, observer);
  };
}

function target(view: CatalogView, name: string): TopicEntry {
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

function answer(
  appended: Appended | undefined,
  { id, topic }: { readonly id: string; readonly topic: string },
  observer: BrokerDeps["observer"],
): Published {
  if (appended === undefined) throw new KBrokerError("internal", "The engine gave no result for an append.");
  if (appended.kind === "conflict") {
    throw new KBrokerError(
      "message_id_conflict",
      `The id "${id}" was published to "${topic}" within the last ${DEDUPE_WINDOW_MS / 60_000} minutes with another payload.`,
      { hint: "Use another id for another message; the same message goes with the same bytes." },
    );
  }
  const duplicate = appended.kind === "duplicate";
  observer.published(topic, duplicate ? "duplicate" : "stored");
  return { id, topic, publishTimeMs: appended.timeMs, duplicate };
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

/** Where in the text as it was sent: a person edits a file, not a pointer. */
function withPlaces(problems: readonly Problem[], payload: Uint8Array): readonly Problem[] {
  const pointers = new Set(problems.map(({ pointer }) => pointer ?? ""));
  const places = locate(new TextDecoder().decode(payload), pointers);
  return problems.map((problem) => ({ ...problem, ...places.get(problem.pointer ?? "")?.value }));
}
