import { Flags, type Interfaces } from "@oclif/core";

/** Every command takes these. */
export const globalFlags = {
  "admin-url": Flags.string({
    description: "Address of the broker.",
    helpGroup: "GLOBAL",
    helpValue: "<url>",
  }),
  env: Flags.string({
    description: "Environment of .kavak/config.yaml or of the user configuration to work on.",
    helpGroup: "GLOBAL",
    helpValue: "<name>",
  }),
  json: Flags.boolean({ description: "Print the answer, or the error, as one JSON document.", helpGroup: "GLOBAL" }),
  "no-color": Flags.boolean({ description: "Print without colours.", helpGroup: "GLOBAL" }),
  "no-input": Flags.boolean({ description: "Never ask: what is missing is an error.", helpGroup: "GLOBAL" }),
};

/**
 * For a command that asks no broker: a flag that says which one would mean nothing, so it is unknown. Typed as the rest, so that such
 * a command is a command like all.
 */
export function flagsWithoutBroker(): typeof globalFlags {
  const { "admin-url": _url, env: _env, ...flags } = globalFlags;
  return flags as typeof globalFlags;
}

export const OUTPUTS = ["table", "wide", "json", "yaml"] as const;
export type Output = (typeof OUTPUTS)[number];

/** For commands that print a list. */
export const outputFlag = {
  output: Flags.option({
    char: "o",
    options: OUTPUTS,
    description: "How the list is printed (default: table).",
    exclusive: ["json"],
  })(),
};

export type GlobalFlags = Interfaces.InferredFlags<typeof globalFlags>;
