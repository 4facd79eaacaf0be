import { resolve } from "node:path";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { flagsWithoutBroker } from "../../lib/cli/global-flags.ts";
import { engineFlags, storageFlags } from "../../lib/cli/start-flags.ts";
import { stopSignals } from "../../lib/cli/stop-signals.ts";

/** A platform kills 25 s after SIGTERM. */
const STOP_MS_MAX = 24_000;

export default class BrokerStart extends BaseCommand {
  static override summary = "Run a broker in the foreground.";
  static override description =
    "Ready when GET /_/ready answers 200. Logs go to stderr. Ctrl-C or SIGTERM stops it cleanly: it takes nothing new, waits up to 20 s for deliveries under way, commits; a second Ctrl-C ends it at once, and nothing acknowledged is lost by that either. With --json one document on stdout says where it listens.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --data-dir ./kbroker-data --port 7171",
    {
      description: "With the passwords of databases in files:",
      command: "<%= config.bin %> <%= command.id %> --secrets-dir ./secrets",
    },
    {
      description: "In a container, behind the network's own boundary:",
      command: "<%= config.bin %> <%= command.id %> --host 0.0.0.0 --insecure --allowed-host kbroker --data-dir /data",
    },
  ];
  static override baseFlags = flagsWithoutBroker();
  static override flags = {
    ...storageFlags,
    port: Flags.integer({ description: "Port to listen on; 0 takes a free one.", default: 7070, min: 0, max: 65_535 }),
    host: Flags.string({ description: "Address to listen on.", default: "127.0.0.1", helpValue: "<address>" }),
    "allowed-host": Flags.string({
      description: "Another name under which this broker is reached. Give it again for more.",
      multiple: true,
      helpValue: "<name>",
    }),
    "secrets-dir": Flags.string({
      description:
        "Directory with files that connectors may name as their passwords (--password-file); each is read anew at every connect (default: none).",
      helpValue: "<dir>",
    }),
    insecure: Flags.boolean({ description: "Listen beyond loopback although everyone there can publish and operate." }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BrokerStart);
    if (!flags.insecure) (await import("../../lib/config/refuse-tokens.ts")).refuseTokens(process.cwd());
    const { checkSecretsDir, openSecrets } = await import("../../lib/config/secrets.ts");
    const secretsDir = flags["secrets-dir"] === undefined ? undefined : resolve(flags["secrets-dir"]);
    if (secretsDir !== undefined) await checkSecretsDir(secretsDir);
    const { chooseStorage } = await import("../../lib/config/broker-storage.ts");
    const { engine } = this.settings(engineFlags(flags));
    const { storage, node, notes } = await chooseStorage({ flags, env: process.env, engine });
    for (const note of notes) this.note(note);
    const { openBroker } = await import("../../lib/open-broker.ts");
    const stop = stopSignals();
    const { host, port, insecure, "allowed-host": allowedHosts = [] } = flags;
    const broker = await openBroker({
      version: this.config.version,
      listen: { host, port, insecure },
      allowedHosts,
      storage,
      node,
      log: { write: (line) => process.stderr.write(line), human: process.stderr.isTTY },
      onFatal: () => process.exit(1),
      secret: openSecrets({ env: process.env, dir: secretsDir }),
    });
    if (this.jsonEnabled()) this.logJson({ url: broker.url, ...broker.place });
    await stop.asked;
    stop.exitAfter(STOP_MS_MAX);
    await broker.close();
  }
}
