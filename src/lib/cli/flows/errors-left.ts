import type { AdminClient } from "../../client/admin.ts";
import { KBrokerError } from "../../domain/error.ts";
import { deadLetterTopicOf } from "../../domain/names.ts";
import type { DestructiveAct } from "../confirm.ts";
import { asKBrokerError } from "../error-report.ts";
import type { Prompter } from "../prompter.ts";
import { shellLine } from "../shell.ts";
import type { SubscriptionWish } from "./subscription-wish.ts";

/** How many messages purging the dead letter topic of a new subscription removes. */
export async function lettersIn(admin: AdminClient, { name, deadLetterTopic }: SubscriptionWish): Promise<number> {
  try {
    const topic = await admin.call("topicDescribe", { name: deadLetterTopic ?? deadLetterTopicOf(name) });
    return topic.messages;
  } catch (error) {
    if (asKBrokerError(error).code === "topic_not_found") return 0;
    throw error;
  }
}

export function purgeAct({ name, deadLetterTopic }: SubscriptionWish, count: number): DestructiveAct {
  const topic = deadLetterTopic ?? deadLetterTopicOf(name);
  const letters = count === 1 ? "the dead letter" : `the ${count} dead letters`;
  return {
    name,
    does: [`Removes ${letters} in ${topic} for good.`],
    question: `Remove them and create subscription ${name}?`,
  };
}

/** What shall become of dead letters that a deleted subscription left. Any other failure than that they are there is thrown on. */
export async function chooseErrors(
  error: unknown,
  { ask, line }: { readonly ask: Prompter | undefined; readonly line: readonly string[] },
): Promise<"keep" | "purge"> {
  const { code, message } = asKBrokerError(error);
  if (code !== "dead_letters_left") throw error;
  if (ask === undefined) {
    const [keep, purge] = [shellLine([...line, "--keep-errors"]), shellLine([...line, "--purge-errors", "--yes"])];
    throw new KBrokerError(code, message, { cause: error, hint: `Take them over: ${keep}\nOr remove them: ${purge}` });
  }
  return ask.choose({
    message: `${message} What shall become of them?`,
    choices: [
      { value: "keep", label: "the new subscription takes them over", about: "Also those that were redriven before." },
      { value: "purge", label: "they are removed" },
    ],
  });
}
