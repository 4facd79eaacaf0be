const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

/** Milliseconds since 1970 of an RFC 3339 time, zone included; `undefined` for anything else. */
export function parseInstantMs(text: string): number | undefined {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  const timeMs = Date.parse(text);
  // Date.parse moves the 30th of February into March: such a day is a typing mistake.
  const dayIsReal = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return Number.isNaN(timeMs) || !dayIsReal ? undefined : timeMs;
}
