import type { TopicListReply } from "../../lib/api/topic.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { topicView } from "../../lib/cli/views.ts";

export default class TopicList extends BaseCommand {
  static override summary = "List topics.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> -o wide",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = outputFlag;

  async run(): Promise<TopicListReply> {
    const { flags } = await this.parse(TopicList);
    const topics = await (await this.admin(flags)).call("topicList");
    await this.printList(topics, topicView, flags.output);
    return topics;
  }
}
