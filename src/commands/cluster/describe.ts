import type { ClusterReply } from "../../lib/api/cluster.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { renderCluster } from "../../lib/cli/render-cluster.ts";

export default class ClusterDescribe extends BaseCommand {
  static override summary = "Say whether the Kafka cluster is well, and if not, what is the matter.";
  static override description =
    "Its brokers, what each of them leads, and every partition of kbroker's topics that has no leader or too few replicas. Also answers while brokers are away. For a broker on Kafka only.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async run(): Promise<ClusterReply> {
    const { flags } = await this.parse(ClusterDescribe);
    const cluster = await (await this.admin(flags)).call("clusterDescribe");
    this.print(renderCluster(cluster, await this.paint()));
    return cluster;
  }
}
