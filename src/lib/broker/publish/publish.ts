import { KBrokerError } from "../../domain/error.ts";
import { DEDUPE_WINDOW_MS } from "../../domain/topic.ts";
import type { Appended } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { onNewestTopic } from "../caught-up.ts";
import { ofTopic } from "../lookup.ts";
import type { Published, PublishRequest } from "../requests/publish.ts";
import { type AcceptDeps, accept } from "./accept.ts";

export type PublishDeps = AcceptDeps &
  Pick<BrokerDeps, "engine" | "observer"> & {
    /** Throws once the broker stops. */
    readonly checkOpen: () => void;
  };

const DEDUPED = { dedupeWindowMs: DEDUPE_WINDOW_MS };

/**
 * One message into its topic. Everything that can be refused is refused before the append, and the append is the only thing
 * that is waited for. Answers once the message would survive a power cut.
 */
export function createPublish(deps: PublishDeps): (request: PublishRequest) => Promise<Published> {
  const { engine, observer, checkOpen } = deps;

  const publish = async (request: PublishRequest) => {
    checkOpen();
    const { topic, message } = accept(deps, request);
    const append = engine.log.append(topic.id, [message], request.id === undefined ? {} : DEDUPED);
    const [appended] = await ofTopic(deps.view, topic, append);
    return answer(appended, { id: message.id, topic: topic.name }, observer);
  };

  return (request) => onNewestTopic(deps, request.topic, () => publish(request));
}

/** What a publisher is told of an append. */
export function answer(
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
