import type { SourceCheck } from "../../port.ts";

export function ok(check: string, message: string): SourceCheck {
  return { check, result: "ok", message, fix: null };
}

export function warning(check: string, message: string, fix: string | null): SourceCheck {
  return { check, result: "warning", message, fix };
}

export function failed(check: string, message: string, fix: string): SourceCheck {
  return { check, result: "error", message, fix };
}

export function skipped(check: string, because: string): SourceCheck {
  return { check, result: "skipped", message: `Not looked at: ${because}.`, fix: null };
}
