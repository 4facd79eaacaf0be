import type { Prompter } from "../../../../src/lib/cli/prompter.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";

export interface Script {
  readonly ask: Prompter;
  /** What the person saw, in order: questions, refusals of an answer, and what was told. */
  readonly seen: string[];
}

/** A person who gives these answers in turn, `Ctrl-C` where one is `undefined`; a refused answer is followed by the next. */
export function script(answers: readonly (string | boolean | readonly string[] | undefined)[]): Script {
  const left = [...answers];
  const seen: string[] = [];
  const next = (message: string) => {
    seen.push(message);
    if (left.length === 0) throw new Error(`Nobody answers "${message}".`);
    const answer = left.shift();
    if (answer === undefined) throw new KBrokerError("cancelled", "Cancelled.");
    return answer;
  };
  const text: Prompter["text"] = async ({ message, initial, problem }) => {
    for (;;) {
      const answer = String(next(message)) || (initial ?? "");
      const refusal = await problem?.(answer);
      if (refusal === undefined) return answer;
      seen.push(`✗ ${refusal}`);
    }
  };
  const choose: Prompter["choose"] = async ({ message, choices }) => {
    const answer = next(message);
    const found = choices.find(({ value }) => value === answer);
    if (found === undefined) throw new Error(`"${message}" offers ${choices.map(({ value }) => value).join(", ")}.`);
    return found.value;
  };
  const chooseSeveral: Prompter["chooseSeveral"] = async ({ message, choices }) => {
    const answer = next(message);
    const open = choices.filter(({ refusal }) => refusal === undefined);
    const chosen = open.filter(({ value }) => Array.isArray(answer) && answer.includes(value));
    if (!Array.isArray(answer) || chosen.length !== answer.length)
      throw new Error(`"${message}" offers ${open.map(({ value }) => value).join(", ")}.`);
    return chosen.map(({ value }) => value);
  };
  const confirm: Prompter["confirm"] = async ({ message, initial }) => {
    const answer = next(message);
    return answer === "" ? initial : answer === true;
  };
  const tell: Prompter["tell"] = (line) => {
    seen.push(line);
  };
  return { ask: { text, choose, chooseSeveral, confirm, tell }, seen };
}
