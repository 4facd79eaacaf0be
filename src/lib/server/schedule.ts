import type { FastifyInstance } from "fastify";
import type { ScheduleReply } from "../api/schedule.ts";
import { HEADER } from "../domain/headers.ts";
import { instant } from "./handler.ts";
import { messageHeaders } from "./message-headers.ts";
import { brokerToChange, type PhaseHolder } from "./phase.ts";

const NO_BODY = new Uint8Array();
const WHOLE = /^[1-9]\d{0,9}$/;

interface ScheduleRoute {
  readonly Params: { readonly topic: string };
  readonly Body: Uint8Array | undefined;
}

/** A publish that waits: the same request with one more header. */
export function scheduleRoute(app: FastifyInstance, phase: PhaseHolder): void {
  app.post<ScheduleRoute>(
    "/scheduled/:topic",
    async ({ raw, params, body: payload = NO_BODY }, reply): Promise<ScheduleReply> => {
      const { id, key, attributes } = messageHeaders(raw.rawHeaders);
      const given = { ...(id !== undefined && { id }), ...(key !== undefined && { key }) };
      const minutes = minutesIn(raw.rawHeaders);
      const request = { topic: params.topic, attributes, payload, minutes, ...given };
      const { scheduledForMs, ...same } = await brokerToChange(phase).schedule(request);
      reply.code(202);
      return { ...same, scheduledFor: instant(scheduledForMs) };
    },
  );
}

/** `NaN` unless the header is there once and holds a whole number, in digits alone: the use case refuses it with the range. */
function minutesIn(rawHeaders: readonly string[]): number {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === HEADER.scheduledMinutes) values.push(rawHeaders[index + 1] ?? "");
  }
  const [value = ""] = values;
  return values.length === 1 && WHOLE.test(value) ? Number(value) : Number.NaN;
}
