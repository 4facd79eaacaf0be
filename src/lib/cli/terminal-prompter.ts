import { checkbox, confirm, input, select } from "@inquirer/prompts";
import { KBrokerError } from "../domain/error.ts";
import type { Prompter } from "./prompter.ts";

/** Choices shown at once; more scroll. */
const CHOICES_SHOWN_MAX = 12;

/** Asks at the terminal. Everything is written to stderr: stdout is for the answer. */
export function terminalPrompter(output: NodeJS.WritableStream): Prompter {
  const context = { output };
  return {
    text: async ({ message, initial, problem }) => {
      const validate = async (answer: string) => (await problem?.(answer.trim())) ?? true;
      const preset = initial === undefined ? {} : { default: initial };
      return (await answered(input({ message, validate, ...preset }, context))).trim();
    },
    choose: async ({ message, choices }) => {
      const shown = choices.map(({ value, label, about }) => ({
        value,
        name: label,
        ...(about === undefined ? {} : { description: about }),
      }));
      return answered(select({ message, choices: shown, pageSize: CHOICES_SHOWN_MAX }, context));
    },
    chooseSeveral: async ({ message, countMax, choices }) => {
      const shown = choices.map(({ value, label, about, refusal }) => ({
        value,
        name: label,
        ...(about === undefined ? {} : { description: about }),
        ...(refusal === undefined ? {} : { disabled: `(${refusal})` }),
      }));
      const validate = (chosen: readonly unknown[]) => chosen.length <= countMax || `At most ${countMax}.`;
      const question = { message, choices: shown, pageSize: CHOICES_SHOWN_MAX, required: true, validate };
      return answered(checkbox(question, context));
    },
    confirm: async ({ message, initial }) => answered(confirm({ message, default: initial }, context)),
    tell: (text) => {
      output.write(`${text}\n`);
    },
  };
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") {
      throw new KBrokerError("cancelled", "Cancelled: nothing was changed.", { cause: error });
    }
    throw error;
  }
}
