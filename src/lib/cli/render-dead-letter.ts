import type { DeadLetter } from "../api/dead-letter.ts";
import { bytesText } from "../domain/bytes-text.ts";
import type { Paint } from "./colour.ts";
import { type Field, fieldsText, plural } from "./fields.ts";

/** What stands over the payload of one dead letter. */
export function renderDeadLetter(entry: DeadLetter, paint: Paint): string {
  const { id, position, source, sourceTopic, attributes } = entry;
  const key: Field[] = entry.key === null ? [] : [["key", entry.key]];
  if (entry.keyBase64 !== undefined) key.push(["key (base64)", entry.keyBase64]);
  const fields = fieldsText(
    [
      ["reason", `${entry.reason}, after ${plural(entry.attempts, "attempt")}`],
      ["class", entry.class],
      ...redrives(entry),
      ["failed", `${entry.failedAt}, first ${entry.firstFailureAt}`],
      ["published", `${entry.publishTime} to ${sourceTopic}, shard ${source.shard}, offset ${source.offset}`],
      ...key,
      ...Object.entries(attributes),
      ["size", bytesText(entry.payloadBytes)],
    ],
    paint,
  );
  return `${paint.bold(id)} at ${position}\n${fields}`;
}

function redrives({ redriveCount, state }: DeadLetter): Field[] {
  const aside = state === "set-aside" ? ", set aside" : "";
  const settled: Field[] = state === "settled" ? [["state", "redriven or purged"]] : [];
  return [
    ...(redriveCount === 0 ? [] : [["redriven", `${plural(redriveCount, "time")}${aside}`] as const]),
    ...settled,
  ];
}
