/** How a flow talks with a person; handed in, so that flows are tested without a terminal. */
export interface Prompter {
  text(question: TextQuestion): Promise<string>;
  choose<T extends string>(question: ChoiceQuestion<T>): Promise<T>;
  /** At least one, at most `countMax`, in the order in which they are offered. */
  chooseSeveral<T extends string>(question: SeveralQuestion<T>): Promise<readonly T[]>;
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>;
  tell(text: string): void;
}

/** Why an answer cannot be taken, in words; `undefined` when it can. */
export type AnswerProblem = (answer: string) => string | undefined | Promise<string | undefined>;

export interface TextQuestion {
  readonly message: string;
  readonly initial?: string;
  readonly problem?: AnswerProblem;
}

export interface ChoiceQuestion<T extends string> {
  readonly message: string;
  readonly choices: readonly { readonly value: T; readonly label: string; readonly about?: string }[];
}

export interface SeveralQuestion<T extends string> {
  readonly message: string;
  readonly countMax: number;
  /** One with a `refusal` is shown with it, and cannot be chosen. */
  readonly choices: readonly {
    readonly value: T;
    readonly label: string;
    readonly about?: string;
    readonly refusal?: string;
  }[];
}

/** Whether somebody is there to answer: a terminal on both sides, and nobody has said not to ask. */
export function canAsk({ stdin, stderr, env, noInput }: Surroundings): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !noInput && (env.CI ?? "") === "";
}

interface Surroundings {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly noInput: boolean;
}
