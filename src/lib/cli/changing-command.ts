import type { AdminClient } from "../client/admin.ts";
import type { Face } from "../config/auth-file.ts";
import { findKavak } from "../config/find-kavak.ts";
import type { SettingsFlags } from "../config/settings-file.ts";
import { BaseCommand } from "./base-command.ts";

/** A command that changes something: it sends no request before the `.kavak` files, where there are any, are found valid. */
export abstract class ChangingCommand extends BaseCommand {
  /** The face of the auth file that the act needs once tokens are on. */
  protected readonly face: Face | undefined;

  #checked: Promise<void> | undefined;

  protected override async admin(flags: SettingsFlags): Promise<AdminClient> {
    const cwd = process.cwd();
    if (findKavak(cwd).dir !== undefined) this.#checked ??= this.#checkKavak(cwd, flags);
    await this.#checked;
    return super.admin(flags);
  }

  /** Loaded only where there is a `.kavak`: it brings the YAML parser along. */
  async #checkKavak(cwd: string, flags: SettingsFlags): Promise<void> {
    const { assertKavakValid } = await import("../config/validate.ts");
    const kavak = assertKavakValid(cwd);
    if (this.face === undefined || kavak.config?.value?.auth?.enabled !== true) return;
    const { requireFace } = await import("../config/require-face.ts");
    requireFace(kavak, this.face, (await this.settings(flags).environment())?.value);
  }
}
