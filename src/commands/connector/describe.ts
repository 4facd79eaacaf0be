import type { ConnectorReply } from "../../lib/api/connector.ts";
import type { Paint } from "../../lib/cli/colour.ts";
import { connectorArg } from "../../lib/cli/connector-arg.ts";
import { renderConnector } from "../../lib/cli/render-connector.ts";
import { type EarlierLook, rowsRead } from "../../lib/cli/snapshot-share.ts";
import { WatchCommand, watchFlags } from "../../lib/cli/watch-command.ts";

export default class ConnectorDescribe extends WatchCommand {
  static override summary = "Say whether a connector works, and if not, what is the matter and what to do.";
  static override description =
    "Then its position, how far it is behind, what the database keeps for it, and how much of the snapshot is read.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop",
    "<%= config.bin %> <%= command.id %> shop --watch",
    "<%= config.bin %> <%= command.id %> shop --json",
  ];
  static override args = connectorArg;
  static override flags = watchFlags;

  async run(): Promise<ConnectorReply | undefined> {
    const { args, flags } = await this.parse(ConnectorDescribe);
    const name = await this.pickName("connector", args.name, flags);
    const admin = await this.admin(flags);
    const read = () => admin.call("connectorDescribe", { name });
    if (flags.watch) {
      const asOf = (connector: ConnectorReply) => connector.asOf ?? "never";
      return this.watch({ read, render: this.#lookingOn(), asOf, interval: flags.interval });
    }
    const connector = await read();
    this.print(renderConnector(connector, { nowMs: this.clock.now() }, await this.paint()));
    return connector;
  }

  /** Remembers the first look at a snapshot: how fast it goes is seen from there. */
  #lookingOn(): (connector: ConnectorReply, paint: Paint) => string {
    let first: EarlierLook | undefined;
    return (connector, paint) => {
      const nowMs = this.clock.now();
      const text = renderConnector(connector, { nowMs, earlier: first }, paint);
      const { snapshotProgress } = connector;
      if (snapshotProgress === null) first = undefined;
      else first ??= { rows: rowsRead(snapshotProgress), atMs: nowMs };
      return text;
    };
  }
}
