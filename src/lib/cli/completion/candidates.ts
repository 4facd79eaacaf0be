/** A command as far as completing it needs. */
export interface CompletedCommand {
  /** With ":" between its words. */
  readonly id: string;
  readonly summary?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly args: Readonly<Record<string, CompletedArg>>;
  readonly flags: Readonly<Record<string, CompletedFlag>>;
}

interface CompletedArg {
  readonly options?: readonly string[] | undefined;
}

interface CompletedFlag {
  readonly type: "boolean" | "option";
  readonly char?: string | undefined;
  readonly description?: string | undefined;
  readonly summary?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly multiple?: boolean | undefined;
  readonly hidden?: boolean | undefined;
}

/** What has names of its own that only the broker knows. */
export type Resource = "topic" | "importable topic" | "subscription" | "job" | "connector" | "group";

export interface Candidate {
  readonly word: string;
  readonly about?: string | undefined;
}

/** What may stand where the cursor is. */
export type Candidates =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "names"; readonly of: Resource; readonly start: string }
  | { readonly kind: "files" };

const FILE_FLAGS: ReadonlySet<string> = new Set(["file", "schema", "data-dir"]);
const NAME_FLAGS: Readonly<Record<string, Resource>> = {
  topic: "topic",
  subscription: "subscription",
  "dead-letter-topic": "topic",
};
const NAME_NOUNS: Readonly<Record<string, Resource>> = {
  ...{ topic: "topic", schema: "topic", message: "topic" },
  ...{ subscription: "subscription", dlq: "subscription", job: "job" },
  ...{ connector: "connector", group: "group" },
};

/** `typed`: the words behind `kbroker` up to the cursor, the last one as far as it is typed. */
export function candidatesFor(typed: readonly string[], commands: readonly CompletedCommand[]): Candidates {
  // bash parts --flag=value into three words.
  const words = typed.filter((word, index) => word !== "=" || index === typed.length - 1);
  const last = words.at(-1) ?? "";
  const start = last === "=" ? "" : last;
  const before = words.slice(0, -1);
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const command = commandOf(before, shown);
  return command === undefined ? commandWords(before, start, shown) : withinCommand(command, before, start);
}

function commandOf(before: readonly string[], commands: readonly CompletedCommand[]): CompletedCommand | undefined {
  const matching = commands.filter(({ id }) => id.split(":").every((word, index) => before[index] === word));
  return matching.sort((a, b) => b.id.length - a.id.length)[0];
}

/** The next word of those commands that begin with what is typed. */
function commandWords(before: readonly string[], start: string, commands: readonly CompletedCommand[]): Candidates {
  const words = new Map<string, string | undefined>();
  for (const { id, summary } of commands) {
    const parts = id.split(":");
    const next = parts[before.length];
    if (next === undefined || !before.every((word, index) => parts[index] === word)) continue;
    words.set(next, parts.length === before.length + 1 ? summary : undefined);
  }
  return wordsOf(
    Array.from(words, ([word, about]) => ({ word, about })),
    start,
  );
}

function withinCommand(command: CompletedCommand, before: readonly string[], start: string): Candidates {
  const rest = before.slice(command.id.split(":").length);
  const open = valueFlag(command, rest.at(-1));
  if (open !== undefined) return valuesOf(open, start);
  const [, name, value] = /^--([\w-]+)=(.*)$/.exec(start) ?? [];
  const joined = name === undefined ? undefined : valueFlag(command, `--${name}`);
  if (joined !== undefined && value !== undefined) return withPrefix(valuesOf(joined, value), `--${name}=`);
  if (start.startsWith("-")) return wordsOf(flagsOf(command, rest), start);
  return positional(command, rest, start);
}

interface NamedFlag {
  readonly name: string;
  readonly flag: CompletedFlag;
}

/** The flag that the next word is the value of. */
function valueFlag({ flags }: CompletedCommand, word: string | undefined): NamedFlag | undefined {
  const found = Object.entries(flags).find(([name, { char }]) => word === `--${name}` || (char && word === `-${char}`));
  return found === undefined || found[1].type === "boolean" ? undefined : { name: found[0], flag: found[1] };
}

function valuesOf({ name, flag }: NamedFlag, start: string): Candidates {
  const of = NAME_FLAGS[name];
  if (of !== undefined) return { kind: "names", of, start };
  // Where --output has no list of formats it names a file.
  if (FILE_FLAGS.has(name) || (name === "output" && flag.options === undefined)) return { kind: "files" };
  return wordsOf(
    (flag.options ?? []).map((word) => ({ word })),
    start,
  );
}

function withPrefix(values: Candidates, prefix: string): Candidates {
  if (values.kind !== "words") return values;
  return { kind: "words", words: values.words.map(({ word, about }) => ({ word: prefix + word, about })) };
}

/** One that was given is not offered again, unless it may be. */
function flagsOf({ flags }: CompletedCommand, given: readonly string[]): readonly Candidate[] {
  return Object.entries(flags)
    .filter(([name, { hidden, multiple }]) => hidden !== true && (multiple === true || !given.includes(`--${name}`)))
    .map(([name, { summary, description }]) => ({ word: `--${name}`, about: summary ?? description }));
}

function positional(command: CompletedCommand, rest: readonly string[], start: string): Candidates {
  const given = rest.filter(
    (word, index) => !word.startsWith("-") && valueFlag(command, rest[index - 1]) === undefined,
  );
  const [name, arg] = Object.entries(command.args)[given.length] ?? [];
  if (arg?.options !== undefined)
    return wordsOf(
      arg.options.map((word) => ({ word })),
      start,
    );
  if (name === "file") return { kind: "files" };
  const of = name === undefined ? undefined : resourceOf(command.id, name);
  return of === undefined ? { kind: "words", words: [] } : { kind: "names", of, start };
}

/** Names that the noun does not tell. */
const NAMES_OF: Readonly<Record<string, Resource>> = { "topic:import": "importable topic" };

/** Whose name an argument is; a name that is to be created is nobody's yet. */
function resourceOf(id: string, arg: string): Resource | undefined {
  if (arg === "topic") return "topic";
  const own = Object.hasOwn(NAMES_OF, id) ? NAMES_OF[id] : undefined;
  if (own !== undefined) return own;
  const [noun = "", verb] = id.split(":");
  return ["name", "id", "job"].includes(arg) && verb !== "create" ? NAME_NOUNS[noun] : undefined;
}

function wordsOf(words: readonly Candidate[], start: string): Candidates {
  return { kind: "words", words: words.filter(({ word }) => word.startsWith(start)) };
}
