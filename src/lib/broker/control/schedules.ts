import { KBrokerError } from "../../domain/error.ts";
import type { ScheduledKey, ScheduledMessage } from "../../engine/port.ts";
import { topicNamed } from "../lookup.ts";
import type { ScheduledList, ScheduledPage } from "../requests/messages.ts";
import { keyOf } from "../schedules/fire.ts";
import type { Firing } from "../schedules/firing.ts";
import type { Control } from "./control.ts";
import { PAGE_BYTES_MAX } from "./dead-letters.ts";

/** What waits for its time in a topic, the earliest first. */
export async function listScheduled(control: Control, name: string, page: ScheduledPage): Promise<ScheduledList> {
  const { id: topicId } = topicNamed(control.view, name).topic;
  const after = page.after === undefined ? undefined : parsePosition(topicId, page.after);
  const { schedules } = control.engine;
  const limits = { countMax: page.limit, bytesMax: PAGE_BYTES_MAX };
  const messages = await schedules.list(topicId, limits, after);
  const last = messages.at(-1);
  const isMore = last !== undefined && (await schedules.list(topicId, ONE, keyOf(last))).length > 0;
  return { messages, total: await schedules.count(topicId), next: isMore ? positionOf(last) : null };
}

const ONE = { countMax: 1, bytesMax: 0 };

/** Takes back a message that was not published yet: durably, when it resolves. */
export async function cancelScheduled(
  { view, firing }: Pick<Control, "view"> & { readonly firing: Firing },
  name: string,
  id: string,
): Promise<ScheduledMessage> {
  const { topic } = topicNamed(view, name);
  const cancelled = await firing.cancel(topic.id, id);
  if (cancelled.kind === "cancelled") return cancelled.scheduled;
  throw notFound(name, id, cancelled.kind === "firing");
}

export async function findScheduled({ view, engine }: Control, name: string, id: string): Promise<ScheduledMessage> {
  const { topic } = topicNamed(view, name);
  const found = await engine.schedules.find(topic.id, id);
  if (found !== undefined) return found;
  throw notFound(name, id, false);
}

function notFound(name: string, id: string, isFiring: boolean): KBrokerError {
  const shown = id.slice(0, 200);
  const message = isFiring
    ? `The message "${shown}" is being published to "${name}" at this moment.`
    : `No message with the id "${shown}" is scheduled for "${name}".`;
  return new KBrokerError("schedule_not_found", message, { hint: `kbroker message scheduled list ${name}` });
}

function positionOf({ dueMs, message }: ScheduledMessage): string {
  return `${dueMs}:${message.id}`;
}

function parsePosition(topicId: string, text: string): ScheduledKey {
  const [, dueMs, id] = /^(\d{1,15}):(.{1,128})$/.exec(text) ?? [];
  if (dueMs !== undefined && id !== undefined) return { topicId, dueMs: Number(dueMs), id };
  throw new KBrokerError("invalid_request", `"${text.slice(0, 200)}" is not a position among scheduled messages.`, {
    hint: "Give what the list named as the next one: <due time in ms>:<id>.",
  });
}
