import { Flags } from "@oclif/core";
import type { ConnectorReply } from "../../lib/api/connector.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";
import { confirmFlags, DestructiveCommand } from "../../lib/cli/destructive-command.ts";
import { restartAct, restartedText } from "../../lib/cli/render-connector-acts.ts";

export default class ConnectorRestart extends DestructiveCommand {
  static override summary = "Connect to the database anew; or begin from scratch with a new slot.";
  static override description =
    "Without --snapshot it goes on where it was. With it the old slot and the position go: with initial each row comes as an event again, as it is then; with none what was not read yet never comes, which is asked about first.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop",
    {
      description: "After the slot was lost:",
      command: "<%= config.bin %> <%= command.id %> shop --snapshot initial",
    },
    "<%= config.bin %> <%= command.id %> shop --snapshot none --yes",
  ];
  static override args = connectorArg;
  static override flags = {
    snapshot: Flags.option({
      description: "Begin from scratch, with the rows that are there (initial) or without them (none).",
      options: ["initial", "none"] as const,
    })(),
    ...confirmFlags,
  };

  async run(): Promise<ConnectorReply> {
    const { args, flags } = await this.parse(ConnectorRestart);
    const { snapshot } = flags;
    const name = await this.pickName("connector", args.name, flags);
    const admin = await this.admin(flags);
    const before = snapshot === "none" ? await admin.call("connectorDescribe", { name }) : undefined;
    const line = ["kbroker", "connector", "restart", name, ...(snapshot === undefined ? [] : ["--snapshot", snapshot])];
    await this.confirm(before === undefined ? undefined : restartAct(before), line, flags);
    const body = snapshot === undefined ? {} : { snapshot };
    const connector = await admin.call("connectorRestart", { name, body });
    this.print(restartedText(connector, snapshot));
    this.next(
      connector.state === "paused" ? ["connector", "resume", name] : ["connector", "describe", name, "--watch"],
    );
    return connector;
  }
}
