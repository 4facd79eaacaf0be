import type { JobReply } from "../../lib/api/job.ts";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { jobArg } from "../../lib/cli/job-arg.ts";
import { progressText } from "../../lib/cli/render-job.ts";
import { CODES } from "../../lib/domain/error.ts";

const LOOK_MS = 250;

export default class JobWatch extends BaseCommand {
  static override summary = "Follow a job until it has ended.";
  static override description =
    "At a terminal its progress is shown in place; otherwise each change is one JSON document a line. Exit code 0 when it is done or was cancelled, 1 when it failed. The job goes on without whoever watches.";
  static override examples = ["<%= config.bin %> <%= command.id %> nightly-redrive"];
  static override args = jobArg;

  protected override isStream(): boolean {
    return true;
  }

  async run(): Promise<undefined> {
    const { args, flags } = await this.parse(JobWatch);
    const admin = await this.admin(flags);
    const isStream = this.jsonEnabled() || !process.stdout.isTTY;
    const job = await this.withProgress(`Job ${args.job}`, async (tell) => {
      for (let last = ""; ; ) {
        const current = await admin.call("jobDescribe", { name: args.job });
        const text = JSON.stringify(current);
        if (isStream && text !== last) process.stdout.write(`${text}\n`);
        last = text;
        tell(`${current.kind} of ${current.subscription}: ${progressText(current)}`);
        if (current.state !== "running") return current;
        await this.clock.after(LOOK_MS);
      }
    });
    if (!isStream) this.print(ended(job));
    if (job.state === "failed") process.exitCode = CODES.internal.exit;
  }
}

function ended(job: JobReply): string {
  const why = job.error === null ? "" : ` ${job.error}`;
  return `The ${job.kind} ${job.id} is ${job.state}: ${progressText(job)}.${why}`;
}
