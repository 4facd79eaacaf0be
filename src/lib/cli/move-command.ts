import { Flags, type Interfaces } from "@oclif/core";
import type { MoveReply } from "../api/move.ts";
import type { AdminClient } from "../client/admin.ts";
import { confirmFlags, DestructiveCommand } from "./destructive-command.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { moved, movePlan } from "./render-move.ts";

/** What rewind and skip share. */
export const moveFlags = {
  undo: Flags.boolean({ description: "Take the last one back, within 24 hours.", exclusive: ["to"] }),
  "dry-run": Flags.boolean({ description: "Say what would happen, and change nothing." }),
  job: Flags.string({ description: "Id of the job; ordering the same again does nothing twice.", helpValue: "<id>" }),
  ...confirmFlags,
};

type MoveFlags = Partial<GlobalFlags> &
  Pick<Interfaces.InferredFlags<typeof moveFlags>, "yes" | "confirm" | "job" | "dry-run">;

/** One request, with or without `dryRun`. */
type Ask = (admin: AdminClient, dryRun: boolean) => Promise<MoveReply>;

export interface MoveAct {
  readonly name: string;
  readonly question: string;
  /** The command line that stands for it, without `kbroker subscription` and the flags that all moves have. */
  readonly words: readonly string[];
  readonly ask: Ask;
}

/** A command that moves a subscription: shows what that means, asks, orders it, and waits until it is made. */
export abstract class MoveCommand extends DestructiveCommand {
  protected async move({ name, question, words, ask }: MoveAct, flags: MoveFlags): Promise<MoveReply> {
    const admin = await this.admin(flags);
    const plan = await ask(admin, true);
    const does = movePlan({ ...plan, subscription: name });
    if (flags["dry-run"]) {
      this.print(does.join("\n"));
      return plan;
    }
    if (plan.job !== null) return this.#made(name, plan);
    const line = ["kbroker", "subscription", ...words, ...(flags.job === undefined ? [] : ["--job", flags.job])];
    await this.confirm({ name, does, question }, line, flags);
    return this.#made(name, await this.withProgress("Moving", () => ask(admin, false)));
  }

  /** Takes the last rewind or skip back. */
  protected undo(of: "rewind" | "skip", name: string, flags: MoveFlags): Promise<MoveReply> {
    const body = { of, ...(flags.job === undefined ? {} : { job: flags.job }) };
    const ask: Ask = (admin, dryRun) => admin.call("subscriptionUndo", { name, body: { ...body, dryRun } });
    return this.move({ name, question: `Undo the ${of} of ${name}?`, words: [of, name, "--undo"], ask }, flags);
  }

  #made(subscription: string, move: MoveReply): MoveReply {
    this.print(moved({ ...move, subscription }));
    if (move.state === "running") this.next(["job", "watch", move.job ?? ""]);
    else if (move.kind === "undo") this.next(["subscription", "lag", subscription]);
    else this.note(`Taken back within 24 hours by: kbroker subscription ${move.kind} ${subscription} --undo`);
    return move;
  }
}
