import type { z } from "zod";
import { errorReply } from "../api/error.ts";
import { type Code, KBrokerError } from "../domain/error.ts";
import type { HttpReply } from "./transport.ts";

/** The answer as the contract has it; an error of the broker, or of whatever stands in its place, as a `KBrokerError`. */
export function readReply<T>({ status, text }: HttpReply, schema: z.ZodType<T>, url: string): T {
  const json = jsonOr(text);
  if (!isGood(status)) throw replyError(status, json, url);
  return understood(json, schema, { status, url });
}

/** The same for an answer that is NDJSON. */
export function readLines<T>({ status, text }: HttpReply, schema: z.ZodType<T>, url: string): readonly T[] {
  if (!isGood(status)) throw replyError(status, jsonOr(text), url);
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => understood(jsonOr(line), schema, { status, url }));
}

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}

function understood<T>(json: unknown, schema: z.ZodType<T>, { status, url }: { status: number; url: string }): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notUnderstood(url, `answered ${status} with something that is no answer of a broker of this version`, {
    cause: parsed.error,
    problem: issue === undefined ? undefined : `${issue.path.join(".") || "the body"}: ${issue.message}`,
  });
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function replyError(status: number, json: unknown, url: string): KBrokerError {
  const parsed = errorReply.safeParse(json);
  if (parsed.success) {
    const { code, message, hint, requestId, problems } = parsed.data.error;
    return new KBrokerError(code, message, { hint, requestId, problems });
  }
  const code = PROXY_CODES[status];
  if (code === undefined) return notUnderstood(url, `answered ${status}, but not as a broker does`, {});
  return new KBrokerError(code, `${url} answered ${status}, and it was not a broker that said so.`, {
    hint: "kbroker config show --origin",
  });
}

/** What a proxy or gateway between here and the broker means by its own statuses. */
const PROXY_CODES: Readonly<Record<number, Code>> = {
  401: "unauthorized",
  403: "forbidden",
  407: "unauthorized",
  502: "broker_unreachable",
  503: "broker_unreachable",
  504: "broker_unreachable",
};

function notUnderstood(url: string, what: string, details: { cause?: unknown; problem?: string | undefined }) {
  const problems = details.problem === undefined ? undefined : [{ message: details.problem }];
  return new KBrokerError("reply_not_understood", `${url} ${what}.`, {
    cause: details.cause,
    problems,
    hint: "kbroker config show --origin",
  });
}
