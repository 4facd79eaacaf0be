import { KBrokerError } from "../domain/error.ts";
import { plain } from "./plain.ts";
import type { Prompter } from "./prompter.ts";
import { shellLine } from "./shell.ts";

/** An act that cannot be taken back, in the words of the person who is about to do it. */
export interface DestructiveAct {
  /** What is acted on: the name that is typed in a protected environment. */
  readonly name: string;
  /** What will be done, a line each: "Deletes topic orders and its 12 messages." */
  readonly does: readonly string[];
  /** "Delete topic orders?" */
  readonly question: string;
}

/** What decides whether the act goes on. */
export interface Consent {
  readonly yes: boolean;
  readonly confirm: string | undefined;
  /** Whether the environment is `protected: true`. */
  readonly isProtected: boolean;
  /** `undefined` where nobody can be asked; so it is with `--json`. */
  readonly ask: Prompter | undefined;
  /** For people; on stderr. */
  readonly tell: (text: string) => void;
  /** The command line that asked for the act, without the flag that answers. */
  readonly line: readonly string[];
}

/** The flag that would have answered, and whether somebody had to be asked because it was not there. */
export interface Confirmed {
  readonly asked: boolean;
  readonly flag: readonly string[];
}

/** Says what the act does and resolves once it is agreed to; a refusal is `not_confirmed`, and nothing has been changed. */
export async function confirmed(act: DestructiveAct, consent: Consent): Promise<Confirmed> {
  const { yes, confirm, isProtected, ask, line } = consent;
  const flag = isProtected ? ["--confirm", act.name] : ["--yes"];
  for (const text of act.does) consent.tell(plain(text));
  if (confirm !== undefined) refuseOtherName(act, confirm, line);
  const agreed = confirm !== undefined || (yes && !isProtected);
  if (agreed) return { asked: false, flag };
  if (ask === undefined) throw needed({ isProtected, yes }, shellLine([...line, ...flag]));
  if (isProtected) await askName(ask, act);
  else if (!(await ask.confirm({ message: act.question, initial: false }))) throw declined();
  return { asked: true, flag };
}

/** Resolves when the name was typed. Nothing typed is a no. */
async function askName(ask: Prompter, { name, question }: DestructiveAct): Promise<void> {
  const answer = await ask.text({
    message: `${question} This environment is protected. Type ${name} to go on:`,
    problem: (typed) => (typed === name || typed === "" ? undefined : `Type ${name} to go on, or nothing to stop.`),
  });
  if (answer !== name) throw declined();
}

function refuseOtherName({ name }: DestructiveAct, given: string, line: readonly string[]): void {
  if (given === name) return;
  throw new KBrokerError(
    "not_confirmed",
    `--confirm names ${JSON.stringify(given)}, not ${name}: nothing was changed.`,
    {
      hint: shellLine([...line, "--confirm", name]),
    },
  );
}

function needed({ isProtected, yes }: Pick<Consent, "isProtected" | "yes">, hint: string): KBrokerError {
  const why = isProtected
    ? `This environment is protected, so ${yes ? "--yes is not enough" : "it needs --confirm"}`
    : "This needs --yes, since nobody can be asked";
  return new KBrokerError("not_confirmed", `${why}: nothing was changed.`, { hint });
}

const declined = () => new KBrokerError("not_confirmed", "Not confirmed: nothing was changed.");
