import { Args, Flags } from "@oclif/core";
import type { ScheduleReply } from "../../lib/api/schedule.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import { messageFlags, messageFrom } from "../../lib/cli/message-flags.ts";
import { scheduleMinutes, scheduleProblem } from "../../lib/cli/schedule-minutes.ts";

export default class MessageSchedule extends ChangingCommand {
  static override summary = "Publish one message later.";
  static override description =
    "The broker keeps the message on disk and publishes it within a second of its time. --in is whole minutes, from 5m to 7d. With --id scheduling is safe to repeat: the same id with the same bytes and the same --in waits once.";
  static override examples = [
    `<%= config.bin %> <%= command.id %> orders --in 10m --data '{"orderId":"2"}'`,
    "<%= config.bin %> <%= command.id %> orders --in 1d12h --file message.json --id o-2",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    in: Flags.string({ description: "How long from now: whole minutes, from 5m to 7d.", helpValue: "<duration>" }),
    ...messageFlags,
  };

  protected override readonly face = "asks";

  async run(): Promise<ScheduleReply> {
    const { args, flags } = await this.parse(MessageSchedule);
    const given = flags.in === undefined ? undefined : scheduleMinutes(flags.in);
    const admin = await this.admin(flags);
    const topic = await this.pickName("topic", args.topic, flags);
    const prompter = () => this.prompter(flags);
    const minutes = given ?? (await this.#ask(topic, flags));
    const scheduled = await admin.schedule({ topic, minutes, ...(await messageFrom(flags, prompter)) });
    this.print(`Scheduled ${scheduled.id} for ${scheduled.topic}: it is published at ${scheduled.scheduledFor}.`);
    return scheduled;
  }

  async #ask(topic: string, flags: Parameters<MessageSchedule["prompter"]>[0]): Promise<number> {
    const ask = await this.prompter(flags);
    const line = ["message", "schedule", topic, "--in"];
    if (ask === undefined) throw missing(["--in"], `kbroker ${line.join(" ")} 10m`);
    const text = await ask.text({ message: "In how long (5m to 7d)", problem: scheduleProblem });
    this.same(["kbroker", ...line, text], flags);
    return scheduleMinutes(text);
  }
}
