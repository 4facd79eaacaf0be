import type { AdminClient } from "../../client/admin.ts";
import { errorsOf, type Finding } from "../../config/problem.ts";
import { KBrokerError } from "../../domain/error.ts";
import { plural } from "../fields.ts";
import { checkFindings } from "./check.ts";
import { type Plan, planOf } from "./plan.ts";
import { readState } from "./read-broker.ts";
import { importInvalid, type ReadSetup } from "./read-file.ts";
import type { From } from "./requests.ts";
import { ruleFindings } from "./rules.ts";
import type { Setup } from "./setup.ts";

export interface ImportDeps {
  readonly admin: AdminClient;
  readonly from: From;
  /** Subscriptions that are made are made paused. */
  readonly paused: boolean;
  /** The flags that lead to this broker. */
  readonly where: readonly string[];
}

/**
 * What an import would do. Fails with every problem at once where something in the file cannot be, or is there and differs; nothing has been
 * changed then.
 */
export async function planImport({ setup, place }: ReadSetup, deps: ImportDeps): Promise<Plan> {
  const { admin, from, paused, where } = deps;
  const state = await readState(admin);
  const meant = state.isOnKafka ? setup : withoutLayouts(setup);
  const plan = await planOf(paused ? allPaused(meant) : meant, { admin, state, where });
  const rules = ruleFindings(setup, state);
  const wrong = [...rules, ...(await checkFindings(plan, admin, from))];
  const differing = [...plan.topics, ...plan.subscriptions].flatMap(({ differences }) => differences);
  const problems = placedInOrder([...wrong, ...differing], place);
  if (wrong.length > 0) throw importInvalid(problems);
  if (differing.length > 0) throw importDiffers(problems);
  return plan;
}

function allPaused({ topics, subscriptions }: Setup): Setup {
  return { topics, subscriptions: subscriptions.map((one) => ({ ...one, state: "paused" })) };
}

/** Another engine has no partitions: there is nothing that they would change. */
function withoutLayouts({ topics, subscriptions }: Setup): Setup {
  return { topics: topics.map((one) => ({ ...one, partitions: undefined, configs: undefined })), subscriptions };
}

type Problems = ReturnType<typeof placedInOrder>;

function placedInOrder(findings: readonly Finding[], place: ReadSetup["place"]) {
  return errorsOf(findings.map(place)).toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function importDiffers(problems: Problems): KBrokerError {
  const message = `${plural(problems.length, "setting")} of what the broker has already differ${problems.length === 1 ? "s" : ""}. Nothing was changed.`;
  return new KBrokerError("import_differs", message, {
    problems,
    hint: "Run the commands that are shown, or change the file, then import again.",
  });
}
