import { KBrokerError } from "../../domain/error.ts";
import { checkScheduleMinutes } from "../../domain/schedule.ts";
import type { ScheduledMessage } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { onNewestTopic } from "../caught-up.ts";
import { type AcceptDeps, accept } from "../publish/accept.ts";
import type { Scheduled, ScheduleRequest } from "../requests/publish.ts";
import type { Firing } from "./firing.ts";

export interface ScheduleDeps extends AcceptDeps, Pick<BrokerDeps, "engine" | "clock" | "observer"> {
  readonly firing: Pick<Firing, "scheduled">;
  /** Throws once the broker stops. */
  readonly checkOpen: () => void;
}

const MINUTE_MS = 60_000;

/**
 * Keeps one message until its time. What a publish would refuse is refused now, so that nothing stands against it later. Answers once it
 * would survive a power cut. Sent again under its id, with the same bytes and minutes, it waits once and is answered as the first was.
 */
export function createSchedule(deps: ScheduleDeps): (request: ScheduleRequest) => Promise<Scheduled> {
  const { engine, clock, observer, firing, checkOpen } = deps;

  const schedule = async (request: ScheduleRequest) => {
    checkOpen();
    checkScheduleMinutes(request.minutes);
    const { topic, message } = accept(deps, request);
    const scheduledAtMs = clock.now();
    const dueMs = scheduledAtMs + request.minutes * MINUTE_MS;
    const scheduled = { topicId: topic.id, topic: topic.name, message, scheduledAtMs, dueMs };
    const put = await engine.schedules.put(scheduled);
    if (put.kind === "exists") checkSame(scheduled, put.first);
    else firing.scheduled(dueMs);
    observer.scheduled(topic.name, put.kind === "exists" ? "duplicate" : "stored");
    const { dueMs: scheduledForMs } = put.kind === "exists" ? put.first : scheduled;
    return { id: message.id, topic: topic.name, scheduledForMs };
  };

  return (request) => onNewestTopic(deps, request.topic, () => schedule(request));
}

function checkSame(now: ScheduledMessage, first: ScheduledMessage): void {
  const { topic, message } = now;
  const cancel = `kbroker message scheduled cancel ${topic} --id ${message.id}`;
  if (!sameBytes(message.payload, first.message.payload)) {
    throw new KBrokerError(
      "message_id_conflict",
      `A message with the id "${message.id}" is scheduled for "${topic}" already, with another payload.`,
      { hint: cancel },
    );
  }
  if (now.dueMs - now.scheduledAtMs !== first.dueMs - first.scheduledAtMs) {
    throw new KBrokerError(
      "message_id_conflict",
      `The message "${message.id}" is scheduled for "${topic}" already, for ${new Date(first.dueMs).toISOString()}.`,
      { hint: cancel },
    );
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
