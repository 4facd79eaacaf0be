import { Args } from "@oclif/core";
import type { GroupReply } from "../../lib/api/group.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderGroup } from "../../lib/cli/render-group.ts";

export default class GroupDescribe extends BaseCommand {
  static override summary = "Describe one consumer group: who is in it, and how far it is in each partition.";
  static override description =
    "By the group's name in Kafka, or by that of a subscription. Lag counts from the committed offset to the end, as Kafka's own tools do. For a broker on Kafka only.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing",
    "<%= config.bin %> <%= command.id %> billing --json",
  ];
  static override args = { name: Args.string({ description: "Name of the group.", ignoreStdin: true }) };

  async run(): Promise<GroupReply> {
    const { args, flags } = await this.parse(GroupDescribe);
    const name = await this.pickName("group", args.name, flags);
    const group = await (await this.admin(flags)).call("groupDescribe", { name });
    this.print(renderGroup(group, await this.paint()));
    return group;
  }
}
