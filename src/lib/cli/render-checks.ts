import type { ConnectorCheckReply } from "../api/connector.ts";
import { type Paint, PLAIN } from "./colour.ts";
import { plain } from "./plain.ts";

type Checks = Pick<ConnectorCheckReply, "checks">;

/** A line for each thing that was looked at, and below it the lines that mend it, on their own, to be copied. */
export function renderChecks({ checks }: Checks, paint: Paint = PLAIN): string {
  const width = Math.max(...checks.map(({ check }) => check.length), 0);
  const tones = { ok: paint.green, warning: paint.yellow, error: paint.red, skipped: paint.dim };
  const lines = checks.flatMap(({ check, result, message, fix }) => [
    `${tones[result](result.padEnd("warning".length))}  ${plain(check).padEnd(width)}  ${plain(message)}`,
    ...(fix === null || result === "ok" ? [] : fix.split("\n").map((line) => `    ${plain(line)}`)),
  ]);
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** In the words of a check that does not hold. */
export function checkFailures({ checks }: Checks): string[] {
  return checks
    .filter(({ result }) => result === "error")
    .map(({ check, message }) => `${plain(check)}: ${plain(message).replace(/\.$/, "")}`);
}
