import type { Prompter } from "../prompter.ts";
import { type Answered, missing } from "./flow.ts";

/** A setting that can be changed: the flag that gives it, and the question that asks for it. */
export interface Changeable<W> {
  readonly flag: string;
  readonly label: string;
  readonly ask: (ask: Prompter) => Promise<W>;
}

export interface UpdateDeps<W> {
  readonly ask: Prompter | undefined;
  /** By the setting's name. */
  readonly settings: Readonly<Record<string, Changeable<W>>>;
  /** `kbroker topic update orders`. */
  readonly line: string;
}

/** What to change: what the command line says, else one setting that is asked for. */
export async function updateFlow<W extends object>(
  given: W,
  { ask, settings, line }: UpdateDeps<W>,
): Promise<Answered<W>> {
  if (Object.values(given).some((value) => value !== undefined)) return { wish: given, asked: false };
  const flags = Object.values(settings).map(({ flag }) => flag);
  if (ask === undefined) throw missing([`one of ${flags.join(", ")}`], `${line} --help`);
  const choices = Object.entries(settings).map(([value, { label }]) => ({ value, label }));
  const setting = await ask.choose({ message: "What to change?", choices });
  return { wish: (await settings[setting]?.ask(ask)) ?? given, asked: true };
}
