import { Flags } from "@oclif/core";
import type { ConnectorDeleteReply } from "../../lib/api/connector.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { connectorDeletion, deletedLines } from "../../lib/cli/render-connector-acts.ts";

export default class ConnectorDelete extends DestructiveCommand {
  static override summary = "Delete a connector, its replication slot and its publication; its topics stay.";
  static override description =
    "Its position is forgotten: a connector that is created later begins from scratch. The topics stay with their messages and subscriptions. With --keep-slot nothing is removed from the database, which goes on keeping its WAL for the slot.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop --dry-run",
    "<%= config.bin %> <%= command.id %> shop --yes",
    "<%= config.bin %> <%= command.id %> shop --keep-slot --yes",
  ];
  static override args = connectorArg;
  static override flags = {
    "keep-slot": Flags.boolean({ description: "Leave slot and publication in the database." }),
    "dry-run": Flags.boolean({ description: "Say what would go, and change nothing." }),
    ...confirmFlags,
  };

  async run(): Promise<ConnectorDeleteReply> {
    const { args, flags } = await this.parse(ConnectorDelete);
    const name = await this.pickName("connector", args.name, flags);
    const admin = await this.admin(flags);
    const keepSlot = flags["keep-slot"] ? "true" : "false";
    const plan = await admin.call("connectorDelete", { name, query: { keepSlot, dryRun: "true" } });
    const does = connectorDeletion(plan);
    if (flags["dry-run"]) {
      this.print(does.join("\n"));
      return plan;
    }
    const line = ["kbroker", "connector", "delete", name, ...(flags["keep-slot"] ? ["--keep-slot"] : [])];
    await this.confirm({ name, does, question: `Delete connector ${name}?` }, line, flags);
    const deleting = () => admin.call("connectorDelete", { name, query: { keepSlot } });
    const deleted = await this.withProgress("Deleting", deleting);
    this.print(`Deleted connector ${name}.`);
    for (const text of deletedLines(deleted)) this.note(text);
    return deleted;
  }
}
