import { Flags } from "@oclif/core";
import { pageFlags } from "./page-flags.ts";
import { shellQuote } from "./shell.ts";

/** Which dead letters are meant. */
export const filterFlags = {
  filter: Flags.string({
    description:
      "Only those for which this holds: reason=<part of it>, class=<class>, status=<code>, type=<event-type> or since=<time or 2h>. May be given once for each.",
    helpValue: "<key=value>",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** The same as words of a command line. */
export function filterWords(filters: readonly string[] = []): string[] {
  return filters.flatMap((filter) => ["--filter", filter]);
}

/** Which part of a long list of dead letters. */
export function deadLetterFlags(limitMax: number, limitDefault: number) {
  return {
    ...pageFlags(limitMax, limitDefault),
    all: Flags.boolean({ description: "Show what was redriven or purged and is still stored, too." }),
    ...filterFlags,
  };
}

interface LetterFlags {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly all: boolean;
  readonly filter?: readonly string[] | undefined;
}

/** The query that the flags mean. Loaded late: only who filters pays for the parser. */
export async function pageQuery({ limit, after, all, filter = [] }: LetterFlags) {
  const { parseFilters } = await import("../domain/dead-letter-filter.ts");
  return {
    limit,
    ...(all && { all: "true" as const }),
    ...(after !== undefined && { after }),
    ...parseFilters(filter),
  };
}

/** As words of a command line: what the next page has to keep. */
export function sameLetters({ all, filter }: LetterFlags): string[] {
  return [...(all ? ["--all"] : []), ...filterWords(filter)];
}

/** What to do next where none is shown: none that fits is not none at all. */
export function noLetters(name: string, { all, after, filter = [] }: LetterFlags): string {
  const list = `kbroker dlq list ${shellQuote(name)}`;
  if (filter.length > 0) return `No dead letter fits the filter. See all: ${list}${all ? " --all" : ""}`;
  if (after !== undefined) return `No dead letter behind that position. See all: ${list}${all ? " --all" : ""}`;
  return all ? "No dead letters." : `No dead letters. Those redriven or purged before: ${list} --all`;
}
