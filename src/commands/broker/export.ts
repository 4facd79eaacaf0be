import { Flags } from "@oclif/core";
import { BaseCommand } from "../../lib/cli/base-command.ts";
import { plural } from "../../lib/cli/fields.ts";
import type { SetupDocument } from "../../lib/cli/moving/document.ts";
import { KBrokerError } from "../../lib/domain/error.ts";

/** What somebody means who does not want a file. */
const FORMATS: ReadonlySet<string> = new Set(["json", "yaml", "table", "wide"]);

export default class BrokerExport extends BaseCommand {
  static override summary = "Write down how a broker is set up: topics, schemas, subscriptions.";
  static override description =
    "As YAML, for `broker import` into another broker or for a repository: the same state is the same text, byte for byte. Not in it: messages, positions, dead letters, scheduled messages, earlier versions of schemas, and connectors, since two brokers must not read one database's slot. A file that is written is readable by its owner alone.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --output broker.yaml",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = {
    output: Flags.string({ description: "File to write it to, instead of stdout.", helpValue: "<file>" }),
  };

  async run(): Promise<SetupDocument | { file: string; topics: number; subscriptions: number }> {
    const { flags } = await this.parse(BrokerExport);
    const { output } = flags;
    if (output !== undefined && FORMATS.has(output))
      throw new KBrokerError("usage", `--output names a file, and "${output}" is a format.`, {
        hint: "kbroker broker export --json",
      });
    const admin = await this.admin(flags);
    const { exportSetup } = await import("../../lib/cli/moving/export.ts");
    const { document, notes } = await this.withProgress("Reading the broker", (tell) => exportSetup(admin, tell));
    for (const note of notes) this.note(note);
    if (output === undefined) {
      if (!this.jsonEnabled()) this.print(await this.#text(document));
      return document;
    }
    const { writeWhole } = await import("../../lib/cli/moving/write-file.ts");
    await writeWhole(
      output,
      this.jsonEnabled() ? `${JSON.stringify(document, null, 2)}\n` : await this.#text(document),
    );
    const [topics, subscriptions] = [document.topics.length, document.subscriptions.length];
    this.print(`Wrote ${plural(topics, "topic")} and ${plural(subscriptions, "subscription")} to ${output}.`);
    return { file: output, topics, subscriptions };
  }

  async #text(document: SetupDocument): Promise<string> {
    const { documentText } = await import("../../lib/cli/moving/document-text.ts");
    return documentText(document);
  }
}
