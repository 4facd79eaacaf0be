import type { Problem } from "./error.ts";
import { locate } from "./json-place.ts";

/** Where in the text as it was sent: a person edits a file, not a pointer. */
export function withPlaces(problems: readonly Problem[], payload: Uint8Array): readonly Problem[] {
  const pointers = new Set(problems.map(({ pointer }) => pointer ?? ""));
  const places = locate(new TextDecoder().decode(payload), pointers);
  return problems.map((problem) => ({ ...problem, ...places.get(problem.pointer ?? "")?.value }));
}
