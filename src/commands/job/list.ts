import { Flags } from "@oclif/core";
import type { JobListReply } from "../../lib/api/job.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { outputFlag } from "../../lib/cli/global-flags.ts";
import { jobView } from "../../lib/cli/render-job.ts";
import { JOB_STATES } from "../../lib/domain/job.ts";

const NONE_FITS = "No job fits. See all: kbroker job list";

export default class JobList extends BaseCommand {
  static override summary = "List rewinds, skips, undos and redrives, newest first.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --subscription billing --state running",
  ];
  static override flags = {
    subscription: Flags.string({ description: "Only those of this subscription.", helpValue: "<name>" }),
    state: Flags.option({ options: JOB_STATES, description: "Only those in this state." })(),
    ...outputFlag,
  };

  async run(): Promise<JobListReply> {
    const { flags } = await this.parse(JobList);
    const { subscription, state } = flags;
    const query = { ...(subscription !== undefined && { subscription }), ...(state !== undefined && { state }) };
    const isPart = subscription !== undefined || state !== undefined;
    const jobs = await (await this.admin(flags)).call("jobList", { query });
    await this.printList(jobs, isPart ? { ...jobView, empty: NONE_FITS } : jobView, flags.output);
    return jobs;
  }
}
