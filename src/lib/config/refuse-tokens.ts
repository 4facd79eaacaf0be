import { KBrokerError } from "../domain/error.ts";
import { readKavakConfig } from "./kavak.ts";
import { configInvalid, errorsOf } from "./problem.ts";

const PATH = ["auth", "enabled"];

/**
 * For whoever starts a broker: it cannot check tokens yet, so a configuration that asks for them is refused rather than ignored
 * (`config_invalid`), and so is one that cannot be read.
 */
export function refuseTokens(cwd: string): void {
  const config = readKavakConfig(cwd);
  const errors = errorsOf(config?.problems ?? []);
  if (errors.length > 0) throw configInvalid(errors);
  if (config?.value?.auth?.enabled !== true) return;
  const { file, yaml } = config;
  const problem = { file, path: PATH.join("."), ...yaml.locate(PATH), message: "Tokens are asked for here." };
  throw new KBrokerError("config_invalid", `${file} turns on tokens, which this broker cannot check yet.`, {
    problems: [problem],
    hint: "Set auth.enabled to false, or give --insecure where the network itself keeps others out.",
  });
}
