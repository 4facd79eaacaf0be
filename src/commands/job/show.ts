import type { JobReply } from "../../lib/api/job.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { jobArg } from "../../lib/cli/job-arg.ts";
import { renderJob } from "../../lib/cli/render-job.ts";

export default class JobShow extends BaseCommand {
  static override summary = "Show a job: what it does, how far it is, until when it can be undone.";
  static override examples = ["<%= config.bin %> <%= command.id %> nightly-replay"];
  static override args = jobArg;

  async run(): Promise<JobReply> {
    const { args, flags } = await this.parse(JobShow);
    const job = await (await this.admin(flags)).call("jobDescribe", { name: args.job });
    this.print(renderJob(job, await this.paint()));
    return job;
  }
}
