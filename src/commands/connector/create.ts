import { Args, Flags, type Interfaces } from "@oclif/core";
import type { ConnectorCheckReply, ConnectorReply } from "../../lib/api/connector.ts";
import { ChangingCommand } from "../../lib/cli/changing-command.ts";
import { connectorFlow } from "../../lib/cli/flows/connector.ts";
import {
  type ConnectorWish,
  connectorBody,
  connectorCheckBody,
  connectorLine,
} from "../../lib/cli/flows/connector-wish.ts";
import { namesOf } from "../../lib/cli/flows/pick.ts";
import { plain } from "../../lib/cli/plain.ts";
import { checkFailures, renderChecks } from "../../lib/cli/render-checks.ts";
import { tableNameText } from "../../lib/cli/table-name.ts";

export default class ConnectorCreate extends ChangingCommand {
  static override summary = "Create a connector: each change of a database's tables becomes an event.";
  static override description =
    "Without arguments it asks for everything, and reads the tables from the database. The changes of a table go to the topic cdc_<product>-<database>_<table>, which is created with the connector. Everything that has to hold in the database is checked first, with the SQL that mends it; --dry-run only checks, and exits with 5 where something does not hold.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop --product shop --url postgresql://kbroker@127.0.0.1:5432/shop --password-env KBROKER_SECRET_SHOP --table public.orders",
    {
      description: "Only check:",
      command:
        "<%= config.bin %> <%= command.id %> shop --product shop --url postgresql://kbroker@127.0.0.1:5432/shop --password-file shop-password --table orders --table customers --dry-run",
    },
    {
      description: "Only what changes from now on:",
      command:
        "<%= config.bin %> <%= command.id %> shop --product shop --url postgresql://kbroker@127.0.0.1:5432/shop --password-file shop-password --table orders --snapshot none",
    },
    { description: "Ask for everything:", command: "<%= config.bin %> <%= command.id %>" },
  ];
  static override args = { name: Args.string({ description: "Name of the connector.", ignoreStdin: true }) };
  static override flags = {
    product: Flags.string({ description: "The <product> of its topics' names.", helpValue: "<name>" }),
    url: Flags.string({
      description:
        "Database: postgresql://user@host:5432/name?sslmode=disable|require|verify-full. Without sslmode: disable on this machine, else verify-full. Never with the password in it.",
      helpValue: "<url>",
    }),
    "password-env": Flags.string({
      description: "Variable of the broker's environment with the password; begins with KBROKER_SECRET_.",
      helpValue: "<name>",
      exclusive: ["password-file"],
    }),
    "password-file": Flags.string({
      description: "File with the password, in the folder of the broker's --secrets-dir.",
      helpValue: "<name>",
    }),
    table: Flags.string({
      description: "Table to capture, of the schema public where it names none. Once for each.",
      helpValue: "<schema.table>",
      multiple: true,
    }),
    snapshot: Flags.option({
      description:
        "The rows that are there already: each comes as an event first (initial, the default), or none does.",
      options: ["initial", "none"] as const,
    })(),
    "on-oversize": Flags.option({
      description: "A row whose event is over 64 KB stops the connector (the default), or is left out and counted.",
      options: ["stop", "skip"] as const,
    })(),
    publication: Flags.string({
      description: "A publication that is there already and stays somebody else's; else the connector makes its own.",
      helpValue: "<name>",
    }),
    "retained-wal-warn": Flags.string({
      description: "WAL that the database keeps for it, from which on it is a warning (default: 1GiB).",
      helpValue: "<500MB|1GiB>",
    }),
    "dry-run": Flags.boolean({ description: "Only check, and create nothing." }),
  };

  async run(): Promise<ConnectorReply | ConnectorCheckReply> {
    const { args, flags } = await this.parse(ConnectorCreate);
    const admin = await this.admin(flags);
    const { wish, asked } = await connectorFlow(givenIn({ ...args, ...flags }), {
      ask: await this.prompter(flags),
      connectorNames: () => namesOf("connector", admin),
      tables: (database) => admin.call("connectorTables", { body: { kind: "postgresql", database } }),
      check: (body) => admin.call("connectorCheck", { body }),
      workload: process.env.KAVAK_WORKLOAD_FULL_NAME,
      dryRun: flags["dry-run"],
    });
    const body = connectorBody(wish);
    if (flags["dry-run"]) {
      const found = await this.#check(wish, flags);
      if (asked) this.same([...connectorLine(wish), "--dry-run"], flags);
      return found;
    }
    if (!asked) await this.#warn(wish, flags);
    const connector = await this.withProgress("Creating", () => admin.call("connectorCreate", { body }));
    this.print(createdText(connector));
    if (asked) this.same(connectorLine(wish), flags);
    const [table] = connector.tables;
    if (table) this.next(["subscription", "create", "<name>", "--topic", table.topic, "--endpoint", "<url>"]);
    this.next(["connector", "describe", connector.name, "--watch"]);
    return connector;
  }

  async #check(wish: ConnectorWish, flags: CreateFlags): Promise<ConnectorCheckReply> {
    const admin = await this.admin(flags);
    const body = connectorCheckBody(wish);
    const found = await this.withProgress("Checking", () => admin.call("connectorCheck", { body }));
    this.print(renderChecks(found, await this.paint()));
    this.failCheck(checkFailures(found));
    if (found.ok) this.note(`Nothing keeps it from being created; the events would go to ${found.topics.join(", ")}.`);
    return found;
  }

  /** What does not keep it from being created, but should be known. A failed check is the creation's to say. */
  async #warn(wish: ConnectorWish, flags: CreateFlags): Promise<void> {
    if (this.jsonEnabled()) return;
    const admin = await this.admin(flags);
    const body = connectorCheckBody(wish);
    const { ok, checks } = await this.withProgress("Checking", () => admin.call("connectorCheck", { body }));
    const warnings = checks.filter(({ result }) => result === "warning");
    if (ok && warnings.length > 0) this.note(renderChecks({ checks: warnings }, await this.paint(process.stderr)));
  }
}

function createdText({ name, tables }: ConnectorReply): string {
  const lines = tables.map((table) => `Changes of ${tableNameText(table)} go to ${table.topic}.`);
  return [`Created connector ${name}.`, ...lines].map(plain).join("\n");
}

type CreateFlags = Interfaces.InferredFlags<typeof ConnectorCreate.flags & typeof ConnectorCreate.baseFlags>;

function givenIn(line: Partial<CreateFlags> & { readonly name?: string | undefined }): Partial<ConnectorWish> {
  const { name, product, url, table, snapshot, publication } = line;
  return {
    ...(name !== undefined && { name }),
    ...(product !== undefined && { product }),
    ...(url !== undefined && { url }),
    ...(table !== undefined && { tables: table }),
    ...{ snapshot, publication, onOversize: line["on-oversize"], retainedWalWarn: line["retained-wal-warn"] },
    ...{ passwordEnv: line["password-env"], passwordFile: line["password-file"] },
  };
}
