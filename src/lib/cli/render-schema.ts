import type { SchemaChangeReply, SchemaDiffReply, SchemaListItem, SchemaUpdateReply } from "../api/schema.ts";
import { bytesText } from "../domain/bytes-text.ts";
import type { Paint } from "./colour.ts";
import type { ListView } from "./list-view.ts";
import { plain } from "./plain.ts";

export const schemaView: ListView<SchemaListItem> = {
  columns: [
    { head: "TOPIC", text: ({ topic }) => topic },
    { head: "VERSION", text: ({ version }) => String(version), align: "right" },
    { head: "COMPATIBILITY", text: ({ compatibility }) => compatibility ?? "" },
    { head: "FORCED", text: ({ forced }) => (forced ? "yes" : "no") },
    { head: "CREATED", text: ({ createdAt }) => createdAt },
    { head: "DRAFT", text: ({ draft }) => draft, wide: true },
    { head: "SIZE", text: ({ bytes }) => bytesText(bytes), align: "right", wide: true },
  ],
  empty: "No topic has a schema yet. Give one: kbroker schema create <topic> --file schema.json",
};

/** What an update did, or would do. */
export function updateText({
  topic,
  version,
  previousVersion,
  changed,
  dryRun,
  compatibility,
  forced,
}: SchemaUpdateReply): string {
  if (!changed) return `Topic ${topic} has this schema already, version ${version}: nothing was changed.`;
  const mode = {
    backward: "backward compatible",
    forward: "forward compatible",
    full: "compatible both ways",
    none: "",
  };
  const how = mode[compatibility ?? "none"];
  const compared = how === "" ? "not compared" : `${forced ? "not " : ""}${how}`;
  const end = `${compared} with version ${previousVersion}${forced && !dryRun ? ", which is recorded" : ""}`;
  return dryRun
    ? `Topic ${topic} would get schema version ${version}: ${end}. Nothing was changed.`
    : `Topic ${topic} has schema version ${version} now: ${end}.`;
}

const SIGN = { added: "+", removed: "-", changed: "~" } as const;

/** A block for each change: what it is, where it stands in both, and which way it is compatible. */
export function diffText(
  { from, to, changes, omitted, backward, forward, topic }: SchemaDiffReply,
  file: string | undefined,
  paint: Paint,
): string {
  const after = to === null ? (file ?? "the new schema") : `version ${to}`;
  const head = paint.bold(plain(`${topic}: version ${from} → ${after}`));
  if (changes.length === 0) return `${head}\nThey ask the same of a message.\n`;
  const blocks = changes.map((change) => changeText(change, to === null ? file : undefined, paint));
  const more = omitted === 0 ? [] : [`… and ${omitted} more changes`];
  const mark = (holds: boolean) => (holds ? paint.green("yes") : paint.red("no"));
  return [head, ...blocks, ...more, `All together: backward ${mark(backward)}, forward ${mark(forward)}`, ""].join(
    "\n",
  );
}

function changeText(change: SchemaChangeReply, file: string | undefined, paint: Paint): string {
  const { kind, pointer, place, oldPlace, backward, forward } = change;
  const colour = { added: paint.green, removed: paint.red, changed: paint.yellow }[kind];
  const was = oldPlace === null ? "" : `${oldPlace.line}:${oldPlace.column}`;
  const is = place === null ? "" : [...(file === undefined ? [] : [file]), place.line, place.column].join(":");
  const where = [was, is].filter((part) => part !== "").join(" → ");
  const lines = [
    `${colour(plain(`${SIGN[kind]} ${pointer === "" ? "(whole schema)" : pointer}`))}  ${paint.dim(plain(where))}`,
  ];
  lines.push(`    ${plain(valuesText(change))}`);
  if (backward === null && forward === null) lines.push(`    ${paint.green("compatible both ways")}`);
  else {
    lines.push(`    backward ${backward === null ? paint.green("yes") : `${paint.red("no")}: ${plain(backward)}`}`);
    lines.push(`    forward ${forward === null ? paint.green("yes") : `${paint.red("no")}: ${plain(forward)}`}`);
  }
  return lines.join("\n");
}

const VALUE_LENGTH_MAX = 80;

function valuesText({ kind, old, new: next }: SchemaChangeReply): string {
  if (kind === "added") return short(next);
  return kind === "removed" ? `was ${short(old)}` : `${short(old)} → ${short(next)}`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}
