import type { DeadLetter } from "../api/dead-letter.ts";
import type { DeadLetterList } from "../broker/requests/dead-letters.ts";
import { type DeadLetterInfo, readDeadLetter } from "../domain/dead-letter.ts";
import type { StoredMessage } from "../domain/message.ts";
import { instant, type Some } from "./handler.ts";
import { keyText, payloadText } from "./payload-text.ts";

export const deadLetterHandlers: Some<"deadLetterList"> = {
  deadLetterList: async ({ broker, name, query: { limit, after, payload, all, ...filter } }) => {
    const page = { limit, filter, all: all === "true", ...(after !== undefined && { after }) };
    const { entries, ...same } = await broker.listDeadLetters(name, page);
    return { items: entries.map((entry) => deadLetter(entry, payload === "true")), ...same };
  },
};

function deadLetter({ shard, message, state }: DeadLetterList["entries"][number], withPayload: boolean): DeadLetter {
  const { id, offset, payload } = message;
  const { info, attributes } = readDeadLetter(message) ?? { info: unknown(message), attributes: message.attributes };
  return {
    ...{ name: id, id, position: `${shard}:${offset}`, attributes: Object.fromEntries(attributes) },
    ...keyText(message),
    ...{ reason: info.reason, class: info.errorClass, status: info.status, attempts: info.attempts },
    ...{ sourceTopic: info.sourceTopic, source: info.source },
    publishTime: instant(info.publishTimeMs),
    firstFailureAt: instant(info.firstFailureMs),
    failedAt: instant(info.failedMs),
    redriveCount: info.redriveCount,
    state,
    payloadBytes: payload.length,
    ...(withPayload && payloadText(payload)),
  };
}

/** A record that says nothing of its death is shown all the same: whoever looks for it must find it. */
function unknown({ timeMs, offset }: StoredMessage): DeadLetterInfo {
  return {
    ...{ reason: "The record does not say why it is here.", errorClass: "unknown", status: null, attempts: 0 },
    ...{ subscription: "", sourceTopic: "", source: { shard: 0, offset } },
    ...{ publishTimeMs: timeMs, firstFailureMs: timeMs, failedMs: timeMs, redriveCount: 0, redrivenFrom: null },
  };
}
