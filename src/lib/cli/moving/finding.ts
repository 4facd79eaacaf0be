import type { Finding, Path } from "../../config/problem.ts";

export function wrong(path: Path, message: string, fix: string): Finding {
  return { path, severity: "error", message, fix };
}
