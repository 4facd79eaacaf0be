import { BaseCommand } from "../lib/cli/base-command.ts";
import { type Candidate, candidatesFor } from "../lib/cli/completion/candidates.ts";
import { namesInTime } from "../lib/cli/completion/names.ts";

/** Called by the scripts of `completion`, never by people: the words up to the cursor behind `--`, candidates on stdout. */
export default class Complete extends BaseCommand {
  static override hidden = true;
  static override summary = "Answer a shell what may stand at the cursor.";
  static override strict = false;

  async run(): Promise<undefined> {
    const words = this.argv.slice(this.argv.indexOf("--") + 1);
    const found = candidatesFor(words, this.config.commands);
    if (found.kind === "files") process.stdout.write(":files\n");
    else if (found.kind === "words") write(found.words);
    else {
      const admin = () => this.admin({ "admin-url": valueIn(words, "--admin-url"), env: valueIn(words, "--env") });
      const names = await namesInTime(admin, { of: found.of, clock: this.clock });
      write(names.filter((name) => name.startsWith(found.start)).map((word) => ({ word })));
    }
    return undefined;
  }

  /** In the middle of a line that somebody types there is no place for an error. */
  protected override async catch(): Promise<void> {
    process.exitCode = 1;
  }
}

function write(candidates: readonly Candidate[]): void {
  const lines = candidates.map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`));
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

/** Of a flag that decides which broker is asked. */
function valueIn(words: readonly string[], flag: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${flag}=`));
  if (joined !== undefined) return joined.slice(flag.length + 1);
  const at = words.indexOf(flag);
  return at === -1 ? undefined : words[words[at + 1] === "=" ? at + 2 : at + 1];
}
