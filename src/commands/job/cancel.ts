import type { JobReply } from "../../lib/api/job.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { jobArg } from "../../lib/cli/job-arg.ts";
import { progressText } from "../../lib/cli/render-job.ts";

export default class JobCancel extends ChangingCommand {
  static override summary = "Stop a redrive where it is; what it did stays.";
  static override description =
    "Cancelling twice is fine. A rewind or skip is made in a moment and is taken back with --undo instead.";
  static override examples = ["<%= config.bin %> <%= command.id %> nightly-redrive"];
  static override args = jobArg;

  async run(): Promise<JobReply> {
    const { args, flags } = await this.parse(JobCancel);
    const job = await (await this.admin(flags)).call("jobCancel", { name: args.job });
    this.print(`Cancelled ${job.kind} ${job.id} after ${progressText(job)}.`);
    return job;
  }
}
