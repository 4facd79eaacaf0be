import { nearest } from "../domain/nearest.ts";

/**
 * The command that `words` most likely meant, as its words followed by what was typed behind it; `undefined` when nothing
 * comes near. `commands` are ids with spaces ("topic list").
 */
export function suggestCommand(words: readonly string[], commands: readonly string[]): string[] | undefined {
  const [first = "", second] = words;
  const noun = closest(first, new Set(commands.map((command) => command.split(" ")[0] ?? "")));
  if (noun === undefined) return verbOnly(words, commands);
  const verbs = commands
    .filter((command) => command.startsWith(`${noun} `))
    .map((command) => command.split(" ")[1] ?? "");
  const verb = second === undefined ? undefined : closest(second, verbs);
  return verb === undefined ? [noun, "--help"] : [noun, verb, ...words.slice(2)];
}

/** `kbroker lag billing`: the noun was left out. Only where one command has that verb. */
function verbOnly([verb = "", ...rest]: readonly string[], commands: readonly string[]): string[] | undefined {
  const [match, ...others] = commands.filter((command) => command.endsWith(` ${verb}`));
  return match === undefined || others.length > 0 ? undefined : [...match.split(" "), ...rest];
}

const PREFIX_LENGTH_MIN = 3;

/** As typed, else the only candidate that starts so, else the nearest. */
function closest(word: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  if (all.includes(word)) return word;
  const longer = all.filter((candidate) => candidate.startsWith(word));
  return word.length >= PREFIX_LENGTH_MIN && longer.length === 1 ? longer[0] : nearest(word, all);
}
