import type { LagReply } from "../api/lag.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { countText, type Field, fieldsText, perSText } from "./fields.ts";
import { lagVerdict } from "./lag-verdict.ts";
import { plain } from "./plain.ts";
import { shellQuote } from "./shell.ts";

/** One screen: how far behind, whether it is getting better, and every number that explains it. */
export function renderLag(lag: LagReply, paint: Paint): string {
  const { text, tone } = lagVerdict(lag);
  const head = `${paint.bold(lag.subscription)} of topic ${lag.topic}, ${lag.state}, health ${lag.health}`;
  const behind = lag.lag === null ? "Lag unknown." : `Lag ${paint.bold(countText(lag.lag))}.`;
  return [`${head}\n${behind} ${paint[tone](plain(text))}\n`, fieldsText(fields(lag), paint), shards(lag, paint)].join(
    "\n",
  );
}

function fields(lag: LagReply): Field[] {
  return [
    ["in flight", inFlightText(lag)],
    ["parked", parkedText(lag)],
    ["dead letters", deadLettersText(lag)],
    ["oldest undelivered", oldestText(lag)],
    ["published", rateText(lag.rates?.publishPerS, lag)],
    ["acknowledged", rateText(lag.rates?.ackPerS, lag)],
    ["time to drain", drainText(lag)],
    ["expired", countText(lag.expired)],
    ["damaged", countText(lag.damaged)],
    ["scheduled", countText(lag.scheduled)],
    ["as of", `${lag.asOf}, owner ${lag.owner ?? "unknown"}`],
  ];
}

function inFlightText({ inFlight, window }: LagReply): string {
  return inFlight === null || window === null ? countText(inFlight) : `${countText(inFlight)} of ${countText(window)}`;
}

function parkedText({ parked, nextAttempt, asOf, state }: LagReply): string {
  if (parked === null || parked === 0 || nextAttempt === null) return countText(parked);
  if (state === "paused") return `${countText(parked)}, held while paused`;
  const waitMs = Date.parse(nextAttempt) - Date.parse(asOf);
  return `${countText(parked)}, next attempt ${waitMs <= 0 ? "now" : `in ${formatDuration(waitMs)}`}`;
}

function deadLettersText({ deadLetters, setAside, subscription }: LagReply): string {
  const aside = (setAside ?? 0) === 0 ? "" : `, ${countText(setAside)} more set aside`;
  const count = `${countText(deadLetters)}${aside}`;
  return (deadLetters ?? 0) + (setAside ?? 0) === 0
    ? count
    : `${count}, see kbroker dlq list ${shellQuote(subscription)}`;
}

function oldestText({ oldestUndelivered, lag }: LagReply): string {
  if (oldestUndelivered === null) return lag === 0 ? "none" : "unknown";
  return `${formatDuration(oldestUndelivered.ageMs)}, published ${oldestUndelivered.publishTime}`;
}

function rateText(perS: number | undefined, { rates }: LagReply): string {
  return perS === undefined || rates === null ? "unknown" : `${perSText(perS)} over the last ${rates.windowS} s`;
}

function drainText({ drainMs, lag }: LagReply): string {
  if (lag === 0) return "none, nothing waits";
  return drainMs === null ? "unknown" : `about ${formatDuration(drainMs)}`;
}

function shards({ shards: rows }: LagReply, paint: Paint): string {
  const cells = [["shard", "start", "low", "end", "lag"]].concat(
    rows.map(({ shard, start, low, end, lag }) => [shard, start, low, end, lag].map((count) => countText(count))),
  );
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
  return lines.map((line, index) => `${index === 0 ? paint.dim(line) : line}\n`).join("");
}
