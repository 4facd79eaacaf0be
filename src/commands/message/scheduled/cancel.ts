import { Args, Flags } from "@oclif/core";
import type { ScheduledItem } from "../../../lib/api/schedule.ts";
import { confirmFlags, DestructiveCommand } from "../../../lib/cli/destructive-command.ts";
import { pickScheduled } from "../../../lib/cli/flows/pick-scheduled.ts";
import type { GlobalFlags } from "../../../lib/cli/global-flags.ts";
import { bytesText } from "../../../lib/domain/bytes-text.ts";

export default class MessageScheduledCancel extends DestructiveCommand {
  static override summary = "Take a scheduled message back before it is published.";
  static override description =
    "A message that is being published at this moment cannot be taken back any more: what is called cancelled never arrives.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> orders --id o-2",
    "<%= config.bin %> <%= command.id %> orders --id o-2 --yes",
  ];
  static override args = { topic: Args.string({ description: "Name of the topic.", ignoreStdin: true }) };
  static override flags = {
    id: Flags.string({ description: "Id of the message.", helpValue: "<id>" }),
    ...confirmFlags,
  };

  async run(): Promise<ScheduledItem> {
    const { args, flags } = await this.parse(MessageScheduledCancel);
    const name = await this.pickName("topic", args.topic, flags);
    const admin = await this.admin(flags);
    const id = flags.id ?? (await this.#pickId(name, flags));
    const { scheduledFor, payloadBytes } = await admin.call("scheduledCancel", { name, query: { id, dryRun: "true" } });
    const what = `${id} (${bytesText(payloadBytes)}), scheduled for ${scheduledFor}`;
    const does = [`Deletes the message ${what}: it is never published to ${name}.`];
    const line = ["kbroker", "message", "scheduled", "cancel", name, "--id", id];
    await this.confirm({ name: id, does, question: `Cancel the scheduled message ${id}?` }, line, flags);
    const cancelled = await admin.call("scheduledCancel", { name, query: { id } });
    this.print(`Cancelled ${id}: it is not published to ${name}.`);
    return cancelled;
  }

  async #pickId(topic: string, flags: GlobalFlags): Promise<string> {
    const admin = await this.admin(flags);
    const waiting = () => admin.call("scheduledList", { name: topic, query: {} });
    const id = await pickScheduled({ topic, ask: await this.prompter(flags), waiting });
    this.picked();
    return id;
  }
}
