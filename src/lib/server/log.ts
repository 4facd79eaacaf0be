import { pino } from "pino";
import type { Observer } from "../broker/observer.ts";

export type Log = Observer["log"];

export interface LogOptions {
  readonly write: (line: string) => void;
  /** For eyes instead of for machines. */
  readonly human: boolean;
}

/** One line an event. For machines JSON with `time` (RFC 3339), `level`, `msg` and the fields; for eyes the same in words. */
export function openLog({ write, human }: LogOptions): Log {
  const levels = { formatters: { level: (level: string) => ({ level }) }, timestamp: pino.stdTimeFunctions.isoTime };
  const options = { base: null, ...levels, serializers: { error: errorFields } };
  const logger = pino(options, { write: human ? (line) => write(forEyes(line)) : write });
  return (level, message, fields = {}) => logger[level](fields, message);
}

/** With the causes: the inner one usually says what happened. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, cause } = error;
  return { message, stack, ...(cause !== undefined && { cause: errorFields(cause) }) };
}

function forEyes(line: string): string {
  const { time, level, msg, ...fields }: Record<string, unknown> = JSON.parse(line);
  const words = Object.entries(fields).map(([name, value]) => `${name}=${word(value)}`);
  return `${[String(time).slice(11, 19), String(level).padEnd(5), msg, ...words].join(" ")}\n`;
}

function word(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(value);
}
