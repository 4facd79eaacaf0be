import { KBrokerError } from "../domain/error.ts";
import { nearest } from "../domain/nearest.ts";

/** The command whose line was read, as far as a suggestion needs it. */
interface CommandLine {
  /** With spaces: `kbroker topic create`. */
  readonly name: string;
  readonly flags: readonly string[];
}

/** What the parser of oclif found wrong, as `usage` with one line and a suggestion. */
export function usageError(error: Error, command: CommandLine): KBrokerError {
  const unknown = unknownFlags(error);
  if (unknown !== undefined) return unknownFlagError(unknown, command, error);
  const message = oneLine(error.message);
  return new KBrokerError("usage", message, { cause: error, hint: optionHint(message) ?? helpHint(command) });
}

function unknownFlags(error: Error): string[] | undefined {
  if (!("flags" in error) || !Array.isArray(error.flags)) return undefined;
  return error.flags.filter((flag) => typeof flag === "string").map((flag) => flag.split("=", 1)[0] ?? flag);
}

function unknownFlagError(unknown: readonly string[], command: CommandLine, cause: Error): KBrokerError {
  const [first = ""] = unknown;
  const meant = nearest(first.replace(/^-+/, ""), command.flags);
  return new KBrokerError("usage", `Unknown flag${unknown.length > 1 ? "s" : ""}: ${unknown.join(", ")}.`, {
    cause,
    hint: meant === undefined ? helpHint(command) : `Did you mean --${meant}?`,
  });
}

/** "Expected --output=tabel to be one of: table, wide" → the option that was meant. */
function optionHint(message: string): string | undefined {
  const [, given, options] = /^Expected (?:--[\w-]+=)?(.*) to be one of: (.+?)\.?$/.exec(message) ?? [];
  if (given === undefined || options === undefined) return undefined;
  const meant = nearest(given, options.split(", "));
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}

const helpHint = ({ name }: CommandLine) => `${name} --help`;

/** oclif's messages have a headline, indentation, escape codes and an advertisement for `--help`; what is left is the fact. */
function oneLine(message: string): string {
  const fact = message
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the parser dims its messages.
    .replaceAll(/\u001b\[[\d;]*m/g, "")
    .replaceAll(/\s*See more help with --help/g, "")
    .replace(/^The following errors? occurred:/, "")
    .replace(/^Parsing (--[\w-]+)\s+/, "$1: ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return inOurWords(/[.?!]$/.test(fact) ? fact : `${fact}.`);
}

/** What is missing is said as the flows say it: with the name to give. */
function inOurWords(fact: string): string {
  const [, flag] = /^Missing required flag (\S+)\.$/.exec(fact) ?? [];
  if (flag !== undefined) return `Missing: --${flag}.`;
  const [, arg, options] = /^Missing 1 required arg: (\S+)(?: \((.+?)\))?/.exec(fact) ?? [];
  if (arg !== undefined)
    return `Missing: <${arg}>${options === undefined ? "" : `, one of ${options.replaceAll("|", ", ")}`}.`;
  return fact;
}
