import type { Relation, Row } from "./relation.ts";
import type { TypeCatalog } from "./type-catalog.ts";
import { RENDER, type Render, VALUE_LENGTH_MAX } from "./values.ts";

/** A column, ready to be written many times. */
export interface Column {
  readonly name: string;
  readonly isKey: boolean;
  /** The name as JSON, with its colon. */
  readonly label: string;
  readonly render: Render;
}

export function columnsOf({ columns }: Relation, types: TypeCatalog): readonly Column[] {
  return columns.map(({ name, typeOid, isKey }) => ({
    name,
    isKey,
    label: `${JSON.stringify(name)}:`,
    render: types.renderer(typeOid),
  }));
}

/** What is not told is left out: null would say that it is empty. */
export function rowJson(columns: readonly Column[], row: Row): string {
  let json = "{";
  for (const { name, label, render } of columns) {
    const text = row[name];
    if (text === undefined) continue;
    if (json.length > 1) json += ",";
    json += label + (text === null ? "null" : valueJson(text, render));
  }
  return `${json}}`;
}

/** An array without its end is none. */
function valueJson(text: string, render: Render): string {
  return text.length < VALUE_LENGTH_MAX ? render(text) : RENDER.text(text);
}

/** The columns that were left out, as a member of `source`; empty where there are none. */
export function unchangedOf(columns: readonly Column[], row: Row): string {
  if (!columns.some(({ name }) => row[name] === undefined)) return "";
  const names = columns.flatMap(({ name }) => (row[name] === undefined ? [name] : []));
  return `,"unchanged":${JSON.stringify(names)}`;
}
