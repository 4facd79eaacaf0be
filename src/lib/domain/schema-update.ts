import type { Compatibility, Incompatibility } from "./compatibility/compare.ts";
import { KBrokerError, type Problem } from "./error.ts";

/** As problems of the new schema's text, each with its place in the version before. */
export function problemsOf(
  found: readonly Incompatibility[],
  oldVersion: number,
  mode: Compatibility,
): readonly Problem[] {
  return found.map(({ direction, pointer, place, oldPointer, oldPlace, reason, accepted }) => ({
    pointer,
    ...place,
    message: mode === "full" ? `not ${direction}: ${reason}` : reason,
    old: { version: oldVersion, pointer: oldPointer, ...oldPlace },
    fix: `Accepted: ${accepted}.`,
  }));
}

export function incompatible(topic: string, problems: readonly Problem[], mode: Compatibility): KBrokerError {
  const [first] = problems;
  const { version } = first?.old ?? {};
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const what = mode === "full" ? "compatible both ways" : `${mode} compatible`;
  return new KBrokerError(
    "schema_incompatible",
    `The new schema of topic "${topic}" is not ${what} with version ${version}: ${first?.message.replace(/\.$/, "")}${more}.`,
    { hint: `kbroker schema diff ${topic} --schema <file>`, problems },
  );
}
