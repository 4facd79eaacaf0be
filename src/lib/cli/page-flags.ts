import { Flags } from "@oclif/core";

/** Which part of a long list. */
export function pageFlags(limitMax: number, limitDefault: number) {
  return {
    limit: Flags.integer({
      description: `How many: 1 to ${limitMax}.`,
      default: limitDefault,
      min: 1,
      max: limitMax,
      helpValue: "<count>",
    }),
    after: Flags.string({ description: "Go on behind this position.", helpValue: "<position>" }),
  };
}

/** The command that shows the entries behind these; none at the end. */
export function nextPage(
  command: readonly string[],
  { next }: { readonly next: string | null },
  { limit }: { readonly limit: number },
): string[] | undefined {
  return next === null ? undefined : [...command, "--limit", String(limit), "--after", next];
}
