import type { AdminClient } from "../../client/admin.ts";
import type { Finding, Path } from "../../config/problem.ts";
import { type Code, KBrokerError, type Problem } from "../../domain/error.ts";
import { wrong } from "./finding.ts";
import type { Plan } from "./plan.ts";
import { type From, subscriptionBody, topicBody } from "./requests.ts";

/** Asks the broker of each creation whether it could be made. Fails only where the broker cannot be asked. */
export async function checkFindings(plan: Plan, admin: AdminClient, from: From): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { action, setup, index } of plan.topics) {
    if (action !== "create") continue;
    const asked = admin.call("topicCreate", { body: { ...topicBody(setup), dryRun: true } });
    findings.push(...(await refusal(asked, ["topics", index])));
  }
  for (const { action, setup, index } of plan.subscriptions) {
    if (action !== "create") continue;
    const asked = admin.call("subscriptionCreate", { body: { ...subscriptionBody(setup, from), dryRun: true } });
    // How many a topic of the file would have is counted there.
    const counted = plan.topics.some((topic) => topic.setup.name === setup.topic);
    findings.push(...(await refusal(asked, ["subscriptions", index], counted ? "subscription_limit" : undefined)));
  }
  return findings;
}

/** What is no fault of the file is thrown on. */
async function refusal(asked: Promise<unknown>, path: Path, told?: Code): Promise<readonly Finding[]> {
  try {
    await asked;
    return [];
  } catch (error) {
    if (!(error instanceof KBrokerError)) throw error;
    if (error.code === told) return [];
    const key = KEYS[error.code];
    if (key === undefined) throw error;
    return refused(error, key === WHOLE ? path : [...path, key]);
  }
}

/** Not a key: the entry as a whole. */
const WHOLE = "";

/** Which key of the entry is refused, by the code of the refusal. */
const KEYS: Readonly<Partial<Record<Code, string>>> = {
  invalid_request: WHOLE,
  topic_refused: WHOLE,
  topic_exists: "name",
  subscription_exists: "name",
  subscription_limit: "topic",
  schema_invalid: "schema",
  endpoint_forbidden: "endpoint",
  dead_letters_left: "deadLetterTopic",
};

function refused({ code, message, hint, problems = [] }: KBrokerError, path: Path): readonly Finding[] {
  if (code === "schema_invalid" && problems.length > 0) return problems.map((problem) => inSchema(problem, path));
  if (code === "dead_letters_left") return [wrong(path, message, LETTERS_LEFT)];
  return [wrong(path, message, hint ?? "Correct it.")];
}

const LETTERS_LEFT =
  "Create this subscription with kbroker subscription create and --keep-errors or --purge-errors, then import the rest.";

function inSchema({ line, column, pointer = "", message }: Problem, path: Path): Finding {
  const place = line === undefined ? "" : `line ${line}, column ${column} of the schema: `;
  return wrong(path, `${place}${pointer === "" ? "" : `${pointer} `}${message}`, "Correct the schema.");
}
