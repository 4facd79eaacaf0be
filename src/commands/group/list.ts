import { Flags } from "@oclif/core";
import type { GroupListReply } from "../../lib/api/group.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { groupView, unheardText } from "../../lib/cli/group-view.ts";
import { nextPage, pageFlags } from "../../lib/cli/page-flags.ts";

export default class GroupList extends BaseCommand {
  static override summary = "List the consumer groups of the Kafka cluster: those of subscriptions, and others.";
  static override description =
    "Lag counts from the committed offset to the end, as Kafka's own tools do. Only groups that the broker's user may see. For a broker on Kafka only.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --all -o wide",
    "<%= config.bin %> <%= command.id %> --limit 1000 --json",
  ];
  static override flags = {
    ...outputFlag,
    ...pageFlags(1_000, 100),
    all: Flags.boolean({ description: "List kbroker's own groups, too." }),
  };

  async run(): Promise<GroupListReply> {
    const { flags } = await this.parse(GroupList);
    const { limit, after, all } = flags;
    const query = { limit, ...(after !== undefined && { after }), ...(all && { all: "true" as const }) };
    const groups = await (await this.admin(flags)).call("groupList", { query });
    await this.printList(groups, groupView, flags.output);
    const unheard = unheardText(groups);
    if (unheard !== undefined) this.note(unheard);
    this.next(nextPage(["group", "list", ...(all ? ["--all"] : [])], groups, flags));
    return groups;
  }
}
