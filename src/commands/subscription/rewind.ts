import { Args, Flags } from "@oclif/core";
import type { MoveReply } from "../../lib/api/move.ts";
import { missing } from "../../lib/cli/flows/flow.ts";
import { MoveCommand, moveFlags } from "../../lib/cli/move-command.ts";
import { subscriptionArg } from "../../lib/cli/subscription-arg.ts";
import { KBrokerError } from "../../lib/domain/error.ts";

export default class SubscriptionRewind extends MoveCommand {
  static override summary = "Deliver again what was published in the last hours, or since a time.";
  static override description =
    "Says how many messages that is, and asks. Deliveries go on; replays carry X-KB-Replay. A paused subscription stays paused. What had failed and waits for its next attempt comes again with the others.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> billing 2 --dry-run",
    "<%= config.bin %> <%= command.id %> billing 2 --yes",
    "<%= config.bin %> <%= command.id %> billing --to 2026-01-31T08:00:00Z --rate 50",
    "<%= config.bin %> <%= command.id %> billing --undo",
  ];
  static override args = {
    ...subscriptionArg,
    hours: Args.string({ description: "How far back; 0.5 is half an hour.", ignoreStdin: true }),
  };
  static override flags = {
    to: Flags.string({ description: "The time to go back to, or how long ago that was.", helpValue: "<time|90m>" }),
    rate: Flags.string({ description: "At most so many replays a second.", helpValue: "<count>" }),
    ...moveFlags,
  };

  async run(): Promise<MoveReply> {
    const { args, flags } = await this.parse(SubscriptionRewind);
    const { to, undo, rate } = flags;
    const job = flags.job === undefined ? {} : { job: flags.job };
    const name = await this.pickName("subscription", args.name, flags);
    if (undo) return this.undo("rewind", name, flags);
    const hours = args.hours ?? (to === undefined ? await this.#askHours(name, flags) : undefined);
    const body = {
      ...job,
      ...(hours !== undefined && { hours: numberOf(hours, "<hours>") }),
      ...(to !== undefined && { to }),
      ...(rate !== undefined && { rate: numberOf(rate, "--rate") }),
    };
    const far = [...(hours === undefined ? [] : [hours]), ...(to === undefined ? [] : ["--to", to])];
    const words = ["rewind", name, ...far, ...(rate === undefined ? [] : ["--rate", rate])];
    const ask = (admin: Awaited<ReturnType<typeof this.admin>>, dryRun: boolean) =>
      admin.call("subscriptionRewind", { name, body: { ...body, dryRun } });
    return this.move({ name, question: `Rewind ${name}?`, words, ask }, flags);
  }

  async #askHours(name: string, flags: Parameters<typeof this.prompter>[0]): Promise<string> {
    const ask = await this.prompter(flags);
    if (ask === undefined) throw missing(["<hours> or --to"], `kbroker subscription rewind ${name} <hours>`);
    return ask.text({
      message: "Hours back",
      problem: (text) => (isNumber(text) ? undefined : "Give a number, such as 2 or 0.5."),
    });
  }
}

const isNumber = (text: string) => /^\d+(\.\d+)?$/.test(text);

function numberOf(text: string, what: string): number {
  if (isNumber(text)) return Number(text);
  throw new KBrokerError("usage", `${what} is ${JSON.stringify(text)}, which is no number.`, {
    hint: "Give a number, such as 2 or 0.5.",
  });
}
