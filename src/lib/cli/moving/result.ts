import { z } from "zod";
import type { Plan } from "./plan.ts";

/** What `broker import --json` prints. */
export const importResult = z.object({
  dryRun: z.boolean(),
  /** Made, or with `dryRun` to be made. */
  created: z.number().int().nonnegative(),
  same: z.number().int().nonnegative(),
  items: z.array(
    z.object({ kind: z.enum(["topic", "subscription"]), name: z.string(), action: z.enum(["create", "same"]) }),
  ),
});

export type ImportResult = z.output<typeof importResult>;

/** Of a plan in which nothing differs. */
export function importResultOf({ topics, subscriptions }: Plan, dryRun: boolean): ImportResult {
  const items = [...topics, ...subscriptions].map(({ kind, setup, action }) => {
    return { kind, name: setup.name, action: action === "create" ? ("create" as const) : ("same" as const) };
  });
  const created = items.filter(({ action }) => action === "create").length;
  return { dryRun, created, same: items.length - created, items };
}
