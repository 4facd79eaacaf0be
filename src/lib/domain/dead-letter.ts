import { ATTRIBUTE_PREFIX } from "./headers.ts";
import type { Attribute, Message } from "./message.ts";

/** How a message died: the class of its last failure, that the consumer will never take it, or that its time to live was over. */
export const ERROR_CLASSES = ["permanent", "answered", "unavailable", "connection", "expired"] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** What a dead letter says of itself, beside the message. */
export interface DeadLetterInfo {
  /** What happened at the last attempt, in words. */
  readonly reason: string;
  readonly errorClass: string;
  /** Of the last answer; `null` when there was none. */
  readonly status: number | null;
  readonly attempts: number;
  readonly subscription: string;
  readonly sourceTopic: string;
  readonly source: { readonly shard: number; readonly offset: number };
  readonly publishTimeMs: number;
  readonly firstFailureMs: number;
  readonly failedMs: number;
  /** How often it had been redriven when it died. */
  readonly redriveCount: number;
  /** The dead letter that was redriven and died again as this one; `null` at the first death. */
  readonly redrivenFrom: { readonly shard: number; readonly offset: number } | null;
}

/** A message that died again after so many redrives is set aside: it is redriven only by who asks for those, too. */
export const REDRIVES_MAX = 5;

/** The names under which it says so. A dead letter has each of them once; the status may be missing, and the last two are there after a redrive. */
const NAME = {
  reason: "error-reason",
  errorClass: "error-class",
  status: "error-status",
  attempts: "delivery-attempts",
  subscription: "source-subscription",
  sourceTopic: "source-topic",
  source: "source-position",
  publishTime: "source-publish-time",
  firstFailure: "first-failure-timestamp",
  failed: "failure-timestamp",
  redriveCount: "redrive-count",
  redrivenFrom: "redriven-from",
} as const;

const RESERVED: ReadonlySet<string> = new Set(Object.values(NAME));
/** A reason longer than this ends in "...". */
const REASON_LENGTH_MAX = 1_000;

/**
 * A message's own attribute that has one of these names (with or without the prefix it travels under) gets this in front, as often as it
 * takes: nothing of the message is lost, and a dead letter of a dead letter keeps both stories.
 */
const KEPT = "original-";

/** Id, key, payload and attributes as they were, and why it was given up. */
export function deadLetterOf(message: Message, info: DeadLetterInfo): Message {
  const own: readonly (readonly [string, string])[] = [
    [NAME.reason, printable(info.reason)],
    [NAME.errorClass, info.errorClass],
    ...(info.status === null ? [] : ([[NAME.status, String(info.status)]] as const)),
    [NAME.attempts, String(info.attempts)],
    [NAME.subscription, info.subscription],
    [NAME.sourceTopic, info.sourceTopic],
    [NAME.source, positionText(info.source)],
    [NAME.publishTime, instant(info.publishTimeMs)],
    [NAME.firstFailure, instant(info.firstFailureMs)],
    [NAME.failed, instant(info.failedMs)],
    ...(info.redriveCount === 0 ? [] : ([[NAME.redriveCount, String(info.redriveCount)]] as const)),
    ...(info.redrivenFrom === null ? [] : ([[NAME.redrivenFrom, positionText(info.redrivenFrom)]] as const)),
  ];
  const { id, key, native, payload } = message;
  const attributes = [...message.attributes.map(([name, value]): Attribute => [keptName(name), value]), ...own];
  return { id, ...(key === undefined ? {} : { key }), ...(native && { native }), attributes, payload };
}

/** The message as it was and why it was given up; `undefined` for one that no subscription gave up on. */
export function readDeadLetter({
  attributes,
}: Pick<Message, "attributes">):
  | { readonly info: DeadLetterInfo; readonly attributes: readonly Attribute[] }
  | undefined {
  const own = new Map(attributes.filter(([name]) => RESERVED.has(name)));
  const text = (name: string) => own.get(name) ?? "";
  const count = (name: string) => (/^\d+$/.test(text(name)) ? Number(text(name)) : Number.NaN);
  const info: DeadLetterInfo = {
    reason: text(NAME.reason),
    errorClass: text(NAME.errorClass),
    status: own.has(NAME.status) ? count(NAME.status) : null,
    attempts: count(NAME.attempts),
    subscription: text(NAME.subscription),
    sourceTopic: text(NAME.sourceTopic),
    source: position(text(NAME.source)),
    publishTimeMs: Date.parse(text(NAME.publishTime)),
    firstFailureMs: Date.parse(text(NAME.firstFailure)),
    failedMs: Date.parse(text(NAME.failed)),
    redriveCount: own.has(NAME.redriveCount) ? count(NAME.redriveCount) : 0,
    redrivenFrom: own.has(NAME.redrivenFrom) ? position(text(NAME.redrivenFrom)) : null,
  };
  if (!isWhole(info)) return undefined;
  const kept = attributes.filter(([name]) => !RESERVED.has(name));
  return { info, attributes: kept.map(([name, value]): Attribute => [originalName(name), value]) };
}

function isWhole({ source, redrivenFrom, ...info }: DeadLetterInfo): boolean {
  const known = [info.errorClass, info.subscription, info.sourceTopic].every((text) => text !== "");
  const times = [info.publishTimeMs, info.firstFailureMs, info.failedMs];
  const places = [source.shard, source.offset, redrivenFrom?.shard ?? 0, redrivenFrom?.offset ?? 0];
  return known && [...places, info.attempts, info.status ?? 0, info.redriveCount, ...times].every(Number.isSafeInteger);
}

function positionText({ shard, offset }: DeadLetterInfo["source"]): string {
  return `${shard}:${offset}`;
}

/** Of a text that is no position, one that is nowhere. */
function position(text: string): DeadLetterInfo["source"] {
  const [, shard, offset] = /^(\d+):(\d+)$/.exec(text) ?? [];
  return { shard: Number(shard), offset: Number(offset) };
}

function keptName(name: string): string {
  const [prefix, bare] = parted(name);
  return isReserved(bare) ? `${prefix}${KEPT}${bare}` : name;
}

function originalName(name: string): string {
  const [prefix, bare] = parted(name);
  return bare.startsWith(KEPT) && isReserved(bare) ? `${prefix}${bare.slice(KEPT.length)}` : name;
}

function parted(name: string): readonly [prefix: string, bare: string] {
  return name.startsWith(ATTRIBUTE_PREFIX) ? [ATTRIBUTE_PREFIX, name.slice(ATTRIBUTE_PREFIX.length)] : ["", name];
}

/** Reserved, or reserved behind any number of marks: so that the mark can be taken off again. */
function isReserved(bare: string): boolean {
  let rest = bare;
  while (rest.startsWith(KEPT)) rest = rest.slice(KEPT.length);
  return RESERVED.has(rest);
}

/** Attribute values are printable ASCII; a reason may quote what a system said in any language. */
function printable(text: string): string {
  const ascii = text.replaceAll(/[^\x20-\x7e]/g, "?");
  return ascii.length <= REASON_LENGTH_MAX ? ascii : `${ascii.slice(0, REASON_LENGTH_MAX - 3)}...`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
