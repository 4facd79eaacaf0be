import { Args } from "@oclif/core";

/** oclif would fill an argument that is left out from stdin; ours never come from there. */
export const connectorArg = { name: Args.string({ description: "Name of the connector.", ignoreStdin: true }) };
