import { z } from "zod";
import { brokerSection, brokerSectionKeys } from "./broker-section.ts";
import { cronProblem } from "./cron.ts";
import type { KnownKeys } from "./known-keys.ts";
import { leaf, text, textLike, textWithout, trueOrFalse } from "./leaf.ts";

const schedule = textWithout(cronProblem, {
  expected: "a cron schedule of 5 fields (minute hour day month weekday)",
  fix: 'Write for instance schedule: "0 3 * * *" for every day at 3:00.',
});

const QUANTITY = /^\d+(\.\d+)?([a-zA-Z]{1,2})?$/;
const quantity = (key: string, example: string) =>
  leaf(
    (value): value is string | number =>
      (typeof value === "number" && value > 0 && Number.isFinite(value)) ||
      (typeof value === "string" && QUANTITY.test(value)),
    { expected: "a quantity", fix: `Write for instance ${key}: ${example}.` },
  );

const job = z.looseObject({
  name: textLike(/^[A-Za-z0-9-]+$/, {
    expected: "a name of letters, digits and hyphens",
    fix: "Write for instance name: nightly-report.",
  }),
  schedule: schedule.optional(),
  command: z.array(text({ expected: "a text", fix: 'Put it in quotes: "8080".' })).min(1),
  resources: z
    .looseObject({ cpu: quantity("cpu", "500m").optional(), memory: quantity("memory", "512Mi").optional() })
    .optional(),
});

/** `.kavak/config.yaml`. The file belongs to several tools: what is not listed here is somebody else's. */
export const configFile = z.looseObject({
  jobs: z.array(job).optional(),
  auth: z.looseObject({ enabled: trueOrFalse("enabled").optional() }).optional(),
  kbroker: brokerSection.optional(),
});

export type ConfigFile = z.output<typeof configFile>;

/** A misspelt `enabled` would leave tokens off without a word, so there a near miss is an error. */
export const configFileKeys: readonly KnownKeys[] = [
  { path: [], keys: Object.keys(configFile.shape), nearMiss: "warning" },
  { path: ["auth"], keys: ["enabled"], nearMiss: "error" },
  { path: ["jobs", "*"], keys: Object.keys(job.shape), nearMiss: "warning" },
  ...brokerSectionKeys(["kbroker"]),
];
