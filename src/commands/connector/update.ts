import { Flags } from "@oclif/core";
import type { ConnectorUpdateReply } from "../../lib/api/connector.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";
import {
  connectorUpdateBody,
  connectorUpdateFlow,
  connectorUpdateLine,
  refuseOtherDatabase,
} from "../../lib/cli/flows/connector-update.ts";
import { renderChanges } from "../../lib/cli/render-changes.ts";

export default class ConnectorUpdate extends ChangingCommand {
  static override summary = "Change the tables, the address or the settings of a connector.";
  static override description =
    "What concerns the database is checked there first, and nothing is changed where a check fails. The position stays; the rows of a table that is added come first where the connector captures rows. The topic of a table that is removed stays. Without a flag it asks what to change.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop --add-table public.customers",
    "<%= config.bin %> <%= command.id %> shop --on-oversize skip --retained-wal-warn 5GiB",
    "<%= config.bin %> <%= command.id %> shop --url postgresql://kbroker@127.0.0.1:5432/shop --password-file shop-password",
  ];
  static override args = connectorArg;
  static override flags = {
    url: Flags.string({
      description: "Another way to the same database; read as a whole, as at create.",
      helpValue: "<url>",
    }),
    "password-env": Flags.string({
      description: "Variable of the broker's environment with the password; begins with KBROKER_SECRET_.",
      helpValue: "<name>",
      exclusive: ["password-file", "no-password"],
    }),
    "password-file": Flags.string({
      description: "File with the password, in the folder of the broker's --secrets-dir.",
      helpValue: "<name>",
      exclusive: ["no-password"],
    }),
    "no-password": Flags.boolean({ description: "The database asks for none." }),
    "add-table": Flags.string({
      description: "Capture this table as well. Once for each.",
      helpValue: "<schema.table>",
      multiple: true,
    }),
    "remove-table": Flags.string({
      description: "Capture this table no longer. Once for each.",
      helpValue: "<schema.table>",
      multiple: true,
    }),
    "on-oversize": Flags.option({
      description: "A row whose event is over 64 KB stops the connector, or is left out and counted.",
      options: ["stop", "skip"] as const,
    })(),
    "retained-wal-warn": Flags.string({
      description: "WAL that the database keeps for it, from which on it is a warning.",
      helpValue: "<500MB|1GiB>",
    }),
  };

  #picked: boolean = false;

  async run(): Promise<ConnectorUpdateReply> {
    const { args, flags } = await this.parse(ConnectorUpdate);
    const given = {
      ...{ url: flags.url, passwordEnv: flags["password-env"], passwordFile: flags["password-file"] },
      ...{ noPassword: flags["no-password"] || undefined, addTables: flags["add-table"] },
      ...{ removeTables: flags["remove-table"], onOversize: flags["on-oversize"] },
      retainedWalWarn: flags["retained-wal-warn"],
    };
    connectorUpdateBody(given);
    const name = await this.pickName("connector", args.name, flags);
    const admin = await this.admin(flags);
    const describe = () => admin.call("connectorDescribe", { name });
    const { wish, asked } = await connectorUpdateFlow(given, {
      ...{ name, ask: await this.prompter(flags), describe },
      tables: (database) => admin.call("connectorTables", { body: { kind: "postgresql", database } }),
    });
    if (wish.url !== undefined) refuseOtherDatabase(wish, await describe());
    const updating = () => admin.call("connectorUpdate", { name, body: connectorUpdateBody(wish) });
    const connector = await this.withProgress("Updating", updating);
    this.print(renderChanges(`connector ${name}`, connector.changes, await this.paint()));
    if (asked || this.#picked) this.same(connectorUpdateLine(name, wish), flags);
    return connector;
  }

  /** The line that says the same is printed once, whole. */
  protected override picked(): void {
    this.#picked = true;
  }
}
