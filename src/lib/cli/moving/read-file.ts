import { type ConfigProblem, errorsOf, type Finding } from "../../config/problem.ts";
import { textOf } from "../../config/read-text.ts";
import { checkShape, placed } from "../../config/shape.ts";
import { parseYaml, type YamlFile } from "../../config/yaml-file.ts";
import { parseDurationMs } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import { deadLetterTopicOf } from "../../domain/names.ts";
import { MAX_IN_FLIGHT_DEFAULT, TIMEOUT_MS_DEFAULT } from "../../domain/subscription.ts";
import { TOPIC_TTL_MS_MAX } from "../../domain/topic.ts";
import { plural } from "../fields.ts";
import { atMost, type ReadLimit, readBytes } from "../files.ts";
import type { SetupDocument } from "./document.ts";
import { SETUP_VERSION, type Setup, type SubscriptionSetup, type TopicSetup } from "./setup.ts";
import { setupFile, setupKeys } from "./shape.ts";

/** Some hundred topics with large schemas. */
const FILE_BYTES_MAX = 8 * 1_048_576;

export interface ReadSetup {
  /** With its defaults filled in. */
  readonly setup: Setup;
  /** Where something of it stands in the file. */
  readonly place: (finding: Finding) => ConfigProblem;
}

/** The file, or stdin where it is `-`. Fails with `import_invalid` and every problem of its shape, each with its place. */
export async function readSetup(file: string, stdin: AsyncIterable<Uint8Array>): Promise<ReadSetup> {
  const shown = file === "-" ? "stdin" : file;
  const limit: ReadLimit = { what: shown, bytesMax: FILE_BYTES_MAX, code: "usage" };
  return parseSetup(shown, file === "-" ? await atMost(stdin, limit) : await readBytes(file, limit));
}

export function parseSetup(shown: string, bytes: Uint8Array): ReadSetup {
  const read = textOf(bytes, shown);
  if ("problem" in read) throw importInvalid([read.problem]);
  const yaml = parseYaml(shown, read.text);
  const place = (finding: Finding) => placed(shown, yaml, finding);
  const other = otherVersion(yaml);
  if (other !== undefined) throw importInvalid([place(other)]);
  const { value, problems } = checkShape(shown, yaml, { schema: setupFile, known: setupKeys });
  if (value === undefined) throw importInvalid(errorsOf(problems));
  return { setup: setupOf(value), place };
}

/** What else is wrong with a file of another version is no news. */
function otherVersion({ value }: YamlFile): Finding | undefined {
  const version = typeof value === "object" && value !== null && "version" in value ? value.version : SETUP_VERSION;
  if (typeof version !== "number" || version === SETUP_VERSION) return undefined;
  return {
    path: ["version"],
    severity: "error",
    message: `Expected ${SETUP_VERSION}, the version of this format; found ${version}.`,
    fix: "Use a kbroker that is as new as the one that wrote the file.",
  };
}

/** The failure that carries every problem; nothing has been changed. */
export function importInvalid(problems: readonly ConfigProblem[]): KBrokerError {
  const [first] = problems;
  const message = `${plural(problems.length, "problem")} in ${first?.file ?? "the file"}. Nothing was changed.`;
  return new KBrokerError("import_invalid", message, { problems });
}

function setupOf({ topics, subscriptions }: SetupDocument): Setup {
  const given = subscriptions.map(subscriptionSetup);
  // One that says nothing goes by those that share the topic with it, whichever is made first.
  const ttlOf = new Map<string, number>(
    given.flatMap(({ deadLetterTopic: name, deadLetterTtlMs: ms }) => (ms ? [[name, ms]] : [])),
  );
  const agreed = given.map((one) => ({
    ...one,
    deadLetterTtlMs: one.deadLetterTtlMs ?? ttlOf.get(one.deadLetterTopic),
  }));
  return { topics: topics.map(topicSetup), subscriptions: agreed };
}

function topicSetup(given: SetupDocument["topics"][number]): TopicSetup {
  const { name, visibility = "private", ttl, schema, partitions, configs } = given;
  return { name, visibility, ttlMs: msOf(ttl, TOPIC_TTL_MS_MAX), schema, partitions, configs };
}

function subscriptionSetup(given: SetupDocument["subscriptions"][number]): SubscriptionSetup {
  const { name, topic, endpoint, state = "active", retryDelays = "default", timeout } = given;
  const { maxInFlight = MAX_IN_FLIGHT_DEFAULT, permanentStatuses = [], onRejecting = "hold" } = given;
  return {
    ...{ name, topic, endpoint, state, maxInFlight, permanentStatuses, onRejecting },
    retryDelaysMs: retryDelays === "default" ? undefined : retryDelays.map((delay) => msOf(delay, 0)),
    timeoutMs: msOf(timeout, TIMEOUT_MS_DEFAULT),
    deadLetterTopic: given.deadLetterTopic ?? deadLetterTopicOf(name),
    deadLetterTtlMs: given.deadLetterTtl === undefined ? undefined : parseDurationMs(given.deadLetterTtl),
  };
}

function msOf(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : parseDurationMs(text)) ?? otherwise;
}
