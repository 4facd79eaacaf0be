import type { ConnectorReply } from "../api/connector.ts";
import { bytesText } from "../domain/bytes-text.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { connectorVerdict } from "./connector-verdict.ts";
import { databaseUrl } from "./database-url.ts";
import { countText, type Field, fieldsText, plural } from "./fields.ts";
import { plain } from "./plain.ts";
import { type EarlierLook, snapshotLeftMs, snapshotShare } from "./snapshot-share.ts";
import { tableNameText } from "./table-name.ts";

/** What a look at a connector is judged by. */
export interface Look {
  readonly nowMs: number;
  /** When somebody watches. */
  readonly earlier?: EarlierLook | undefined;
}

/** One screen: first whether it works, and if not what is the matter and the next step; then every number that explains it. */
export function renderConnector(connector: ConnectorReply, look: Look, paint: Paint): string {
  const { name, status, since, snapshotProgress } = connector;
  const { text, tone, steps } = connectorVerdict(connector, look.nowMs);
  const sinceText = since === null ? "" : ` for ${ageText(since, look.nowMs)}`;
  const said = text.split("\n").map((line) => `${paint[tone](plain(line))}\n`);
  const next = steps.flatMap((step) => step.split("\n")).map((step) => `${nextText(step, paint)}\n`);
  const head = [`${paint.bold(name)} ${paint[tone](status)}${sinceText}\n`, ...said, ...next].join("");
  const tables = `${paint.dim("tables")}\n${tableLines(connector).join("")}`;
  const snapshot = snapshotProgress === null ? [] : [snapshotLines(snapshotProgress, look, paint)];
  return [head, fieldsText(fields(connector, look), paint), tables, ...snapshot].join("\n");
}

function nextText(step: string, paint: Paint): string {
  return step.startsWith("kbroker ") ? `Try: ${paint.bold(plain(step))}` : plain(step);
}

function fields(connector: ConnectorReply, { nowMs }: Look): Field[] {
  const { database, position, lastChangeAt, asOf, slot, publication, ownsPublication, retryAt } = connector;
  return [
    ["lag", lagText(connector)],
    ["retained WAL", retainedText(connector)],
    ["position", position ?? "none yet"],
    ["changes", changesText(connector)],
    ["last change", lastChangeAt === null ? "none yet" : `${lastChangeAt}, ${ageText(lastChangeAt, nowMs)} ago`],
    ...(retryAt === null ? [] : [["tried again", retryAt] as const]),
    ["database", databaseUrl(database)],
    ["TLS", database.tls],
    ["password", secretText(database.password)],
    ["slot", slot],
    ["publication", ownsPublication ? publication : `${publication}, which somebody else looks after`],
    ["rows of the beginning", connector.snapshot === "none" ? "left out" : "captured"],
    ["a row over 64 KB", connector.onOversize === "skip" ? "is left out and counted" : "stops the connector"],
    ["wanted", connector.state],
    ["as of", asOf === null ? "never" : `${asOf}, ${ageText(asOf, nowMs)} ago`],
    ["created", connector.createdAt],
    ["id", connector.id],
  ];
}

function lagText({ lagBytes, lagMs }: ConnectorReply): string {
  if (lagBytes === null) return "unknown";
  return `${bytesText(lagBytes)}${lagMs === null ? "" : `, ${formatDuration(lagMs)}`}`;
}

function retainedText({ retainedBytes, retainedBytesWarn }: ConnectorReply): string {
  return `${bytesText(retainedBytes)}; ${bytesText(retainedBytesWarn)} is a warning`;
}

function changesText({ changes, duplicates, oversize }: ConnectorReply): string {
  const again = duplicates === 0 ? "" : `, ${countText(duplicates)} more recognised as repeats`;
  const left = oversize === 0 ? "" : `, ${plural(oversize, "row")} left out as too large`;
  return `${countText(changes)}${again}${left}`;
}

function secretText(password: ConnectorReply["database"]["password"]): string {
  if (password === undefined) return "none";
  return password.kind === "env" ? `variable ${password.name} of the broker` : `file ${password.name} of its secrets`;
}

function tableLines({ tables }: ConnectorReply): string[] {
  const width = Math.max(...tables.map((table) => plain(tableNameText(table)).length));
  return tables.map((table) => `  ${plain(tableNameText(table)).padEnd(width)}  ${plain(table.topic)}\n`);
}

type SnapshotTable = NonNullable<ConnectorReply["snapshotProgress"]>[number];

function snapshotLines(
  progress: NonNullable<ConnectorReply["snapshotProgress"]>,
  { nowMs, earlier }: Look,
  paint: Paint,
): string {
  const left = snapshotLeftMs(progress, nowMs, earlier);
  const head = `${paint.dim("snapshot")}${left === undefined ? "" : `  about ${formatDuration(left)} left`}\n`;
  const width = Math.max(...progress.map((table) => plain(tableNameText(table)).length));
  const lines = progress.map((table) => {
    const share = snapshotShare([table]);
    const percent = (share === undefined ? "?" : `${share} %`).padStart(5);
    return `  ${plain(tableNameText(table)).padEnd(width)}  ${percent}  ${rowsText(table)}\n`;
  });
  return [head, ...lines].join("");
}

function rowsText({ rows, rowsExpected, done }: SnapshotTable): string {
  if (done || rowsExpected === null) return plural(rows, "row");
  return `${countText(rows)} of about ${plural(rowsExpected, "row")}`;
}

function ageText(instant: string, nowMs: number): string {
  return formatDuration(Math.max(0, nowMs - Date.parse(instant)));
}
