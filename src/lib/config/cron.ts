const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SHORTHANDS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of the week", min: 0, max: 7, names: DAYS },
];

/** Why `text` is no cron schedule (5 fields: minute hour day month weekday); `undefined` when it is one. */
export function cronProblem(text: string): string | undefined {
  if (SHORTHANDS.includes(text)) return undefined;
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return `it has ${parts.length === 1 ? "1 field" : `${parts.length} fields`}`;
  for (const [index, field] of FIELDS.entries()) {
    const problem = fieldProblem(parts[index] ?? "", field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function fieldProblem(text: string, field: Field): string | undefined {
  for (const item of text.split(",")) {
    const match = /^(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:\/(\d+))?$/i.exec(item);
    if (match === null) return `${JSON.stringify(item)} is no ${field.name}`;
    const [, range = "", step] = match;
    if (step !== undefined && Number(step) === 0) return `the ${field.name} steps by 0`;
    const problem = range === "*" ? undefined : rangeProblem(range.split("-"), field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(ends: readonly string[], field: Field): string | undefined {
  const numbers = ends.map((end) => numberOf(end, field));
  const outside = numbers.findIndex((value) => value === undefined || value < field.min || value > field.max);
  if (outside !== -1) return `the ${field.name} ${ends[outside]} is not within ${field.min}–${field.max}`;
  const [from = 0, to = from] = numbers;
  return from > to ? `the ${field.name} runs backwards, from ${ends[0]} to ${ends[1]}` : undefined;
}

function numberOf(text: string, field: Field): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? undefined : index + field.min;
}
