import type { Hook } from "@oclif/core";
import { CODES, KBrokerError } from "../domain/error.ts";
import { paintFor } from "./colour.ts";
import { errorJson, errorText } from "./error-report.ts";
import { shellLine } from "./shell.ts";
import { suggestCommand } from "./suggest.ts";

/** oclif calls this for a command that does not exist; `id` holds the typed words with ":" between. */
const commandNotFound: Hook<"command_not_found"> = async ({ id, argv = [], config }) => {
  const error = notFound(id.split(":"), argv, config.commandIDs);
  process.exitCode = CODES[error.code].exit;
  if (id === "--json" || argv.includes("--json"))
    process.stdout.write(`${JSON.stringify(errorJson(error), null, 2)}\n`);
  else process.stderr.write(errorText(error, await paintFor(process.stderr, process.env)));
};

function notFound(words: readonly string[], rest: readonly string[], ids: readonly string[]): KBrokerError {
  if (words[0]?.startsWith("-")) {
    return new KBrokerError("usage", "The command comes first, its flags after it.", { hint: "kbroker --help" });
  }
  const commands = ids.map((command) => command.replaceAll(":", " "));
  const known = words.slice(0, 2).join(" ");
  if (commands.includes(known)) {
    return new KBrokerError("usage", `kbroker ${known} takes no "${words[2]}".`, { hint: `kbroker ${known} --help` });
  }
  const meant = suggestCommand(words, commands);
  const flags = meant?.at(-1) === "--help" ? [] : rest;
  return new KBrokerError("usage", `There is no command "${known}".`, {
    hint: meant === undefined ? "kbroker --help" : shellLine(["kbroker", ...meant, ...flags]),
  });
}

export default commandNotFound;
