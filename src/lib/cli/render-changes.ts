import type { Change } from "../api/common.ts";
import { byteSizeText } from "./byte-size.ts";
import type { Paint } from "./colour.ts";
import { fieldsText } from "./fields.ts";

const LABELS: Readonly<Record<string, string>> = {
  retryDelays: "retry delays",
  maxInFlight: "max in flight",
  permanentStatuses: "permanent statuses",
  onRejecting: "on rejecting",
  ttl: "kept",
  onOversize: "on oversize",
  retainedBytesWarn: "retained WAL warning",
  tls: "TLS",
};

/** "Updated topic orders:" and each setting, old → new. Nothing to change is an answer, too. */
export function renderChanges(what: string, changes: readonly Change[], paint: Paint): string {
  if (changes.length === 0) return `Nothing to change: ${what} is like that already.`;
  const fields = changes.map(({ setting, from, to }) => {
    const text = (value: string) => (isBytes(setting, value) ? byteSizeText(Number(value)) : value);
    return [`  ${LABELS[setting] ?? setting}`, `${text(from)} → ${text(to)}`] as const;
  });
  return `Updated ${what}:\n${fieldsText(fields, paint)}`;
}

function isBytes(setting: string, value: string): boolean {
  return setting === "retainedBytesWarn" && /^\d+$/.test(value);
}
