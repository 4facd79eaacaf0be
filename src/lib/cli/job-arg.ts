import { Args } from "@oclif/core";

/** oclif would fill an argument that is left out from stdin; ours never come from there. */
export const jobArg = { job: Args.string({ description: "Id of the job.", required: true, ignoreStdin: true }) };
