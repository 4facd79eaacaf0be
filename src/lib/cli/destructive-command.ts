import { Flags, type Interfaces } from "@oclif/core";
import { ChangingCommand } from "./changing-command.ts";
import { confirmed, type DestructiveAct } from "./confirm.ts";
import type { GlobalFlags } from "./global-flags.ts";

/** For commands that destroy something; spread into their `flags`. */
export const confirmFlags = {
  yes: Flags.boolean({ description: "Do it without asking; not enough in a protected environment." }),
  confirm: Flags.string({
    description: "The name, given instead of typing it: what a protected environment asks for.",
    helpValue: "<name>",
  }),
};

type ConfirmFlags = Partial<GlobalFlags & Interfaces.InferredFlags<typeof confirmFlags>>;

/** A command that destroys something: `confirm` says what, and comes back only when that was agreed to. */
export abstract class DestructiveCommand extends ChangingCommand {
  #picked: boolean = false;

  /**
   * To be awaited right before the request that destroys. `line` is the command line that stands for it, `kbroker` and name
   * included, without `--yes`. Fails with `not_confirmed`, exit 6, where the answer is no or nobody can be asked. No act: this time
   * nothing is destroyed, and nothing is asked.
   */
  protected async confirm(
    act: DestructiveAct | undefined,
    line: readonly string[],
    flags: ConfirmFlags,
  ): Promise<void> {
    if (act === undefined) {
      if (this.#picked) this.same(line, flags);
      return;
    }
    const { asked, flag } = await confirmed(act, {
      yes: flags.yes === true,
      confirm: flags.confirm,
      isProtected: (await this.settings(flags).protected()).value,
      ask: this.jsonEnabled() ? undefined : await this.prompter(flags),
      tell: (text) => this.note(text),
      line: [...line, ...this.where(flags)],
    });
    if (asked || this.#picked) this.same([...line, ...flag], flags);
  }

  /** Something was asked for: `confirm` prints the line that says the same, together with the flag that answers its question. */
  protected override picked(): void {
    this.#picked = true;
  }
}
