import { type DeadLetterInfo, ERROR_CLASSES, type ErrorClass } from "./dead-letter.ts";
import { parseDurationMs } from "./duration.ts";
import { KBrokerError } from "./error.ts";
import { parseInstantMs } from "./instant.ts";
import type { DeadLetterFilter } from "./job.ts";
import type { Attribute } from "./message.ts";
import { nearest } from "./nearest.ts";

/** A filter as it is written: `since` is still a time or how long ago. */
export interface WrittenFilter {
  readonly reason?: string | undefined;
  readonly class?: ErrorClass | undefined;
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly since?: string | undefined;
}

const KEYS = ["reason", "class", "status", "type", "since"] as const satisfies readonly (keyof WrittenFilter)[];
type Key = (typeof KEYS)[number];
const HINT = "Write reason=<part of it>, class=<class>, status=<code>, type=<event-type> or since=<time or 2h>.";

/** `["status=500", "since=2h"]` as one filter; each key once. Fails with `invalid_request` that names what is wrong. */
export function parseFilters(texts: readonly string[]): WrittenFilter {
  const given = new Map<Key, string>();
  for (const text of texts) {
    const [key, value] = parted(text);
    if (given.has(key)) throw refused(`The filter ${key} is given twice; all filters must hold, so one is enough.`);
    given.set(key, value);
  }
  const status = given.get("status");
  if (status !== undefined && !/^[1-5]\d\d$/.test(status)) {
    throw refused(`The filter status=${shown(status)} is no HTTP status.`);
  }
  const since = given.get("since");
  if (since !== undefined) sinceMs(since, 0);
  const { reason, type } = Object.fromEntries(given);
  const errorClass = classOf(given.get("class"));
  return {
    ...(reason !== undefined && { reason }),
    ...(errorClass !== undefined && { class: errorClass }),
    ...(status !== undefined && { status: Number(status) }),
    ...(type !== undefined && { type }),
    ...(since !== undefined && { since }),
  };
}

/** `now` decides what is "2h ago". Fails with `invalid_request` when `since` is no time. */
export function filterAt(
  { reason, class: errorClass, status, type, since }: WrittenFilter,
  nowMs: number,
): DeadLetterFilter {
  return {
    ...(reason !== undefined && { reason }),
    ...(errorClass !== undefined && { class: errorClass }),
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(since !== undefined && { sinceMs: sinceMs(since, nowMs) }),
  };
}

/** Whether all that the filter asks for holds. */
export function matches(
  filter: DeadLetterFilter,
  { info, attributes }: { readonly info: DeadLetterInfo; readonly attributes: readonly Attribute[] },
): boolean {
  const type = () => attributes.find(([name]) => name === "event-type")?.[1];
  return (
    (filter.reason === undefined || info.reason.toLowerCase().includes(filter.reason.toLowerCase())) &&
    (filter.class === undefined || info.errorClass === filter.class) &&
    (filter.status === undefined || info.status === filter.status) &&
    (filter.type === undefined || type() === filter.type) &&
    (filter.sinceMs === undefined || info.failedMs >= filter.sinceMs)
  );
}

function parted(text: string): readonly [Key, string] {
  const at = text.indexOf("=");
  const [name, value] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  const key = KEYS.find((each) => each === name);
  if (key === undefined) {
    const near = nearest(name, KEYS);
    throw refused(`There is no filter "${shown(name)}".${near === undefined ? "" : ` Did you mean ${near}=…?`}`);
  }
  if (value === "") throw refused(`The filter ${key} has no value.`);
  return [key, value];
}

function classOf(text: string | undefined): ErrorClass | undefined {
  const known = ERROR_CLASSES.find((each) => each === text);
  if (text === undefined || known !== undefined) return known;
  throw refused(`There is no class "${shown(text)}"; there are ${ERROR_CLASSES.join(", ")}.`);
}

function sinceMs(text: string, nowMs: number): number {
  const agoMs = parseDurationMs(text);
  const timeMs = agoMs === undefined ? parseInstantMs(text) : nowMs - agoMs;
  if (timeMs !== undefined) return timeMs;
  throw refused(`The filter since=${shown(text)} is neither a time nor how long ago.`);
}

const shown = (text: string) => (text.length <= 100 ? text : `${text.slice(0, 100)}…`);
const refused = (message: string) => new KBrokerError("invalid_request", message, { hint: HINT });
