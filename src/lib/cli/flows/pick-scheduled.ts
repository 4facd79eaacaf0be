import type { ScheduledListReply } from "../../api/schedule.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Prompter } from "../prompter.ts";
import { missing } from "./flow.ts";

interface PickScheduledDeps {
  readonly topic: string;
  readonly ask: Prompter | undefined;
  /** The earliest of those that wait. */
  readonly waiting: () => Promise<ScheduledListReply>;
}

/** The id of a message that waits for its time, picked from the earliest. */
export async function pickScheduled({ topic, ask, waiting }: PickScheduledDeps): Promise<string> {
  if (ask === undefined) throw missing(["--id"], `kbroker message scheduled cancel ${topic} --id <id>`);
  const { items } = await waiting();
  if (items.length === 0) {
    throw new KBrokerError("usage", `No message of topic "${topic}" waits for its time.`, {
      hint: `kbroker message schedule ${topic} --in <duration> --data <json>`,
    });
  }
  return await ask.choose({
    message: "Message",
    choices: items.map(({ id, scheduledFor }) => ({ value: id, label: `${id} at ${scheduledFor}` })),
  });
}
