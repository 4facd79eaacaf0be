import { expect, it } from "vitest";
import { parseSetup } from "../../../../src/lib/cli/moving/read-file.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";

/** Line, column and words of each problem. */
function problemsOf(text: string | Uint8Array): readonly string[] {
  try {
    parseSetup("broker.yaml", typeof text === "string" ? new TextEncoder().encode(text) : text);
    return [];
  } catch (error) {
    if (!(error instanceof KBrokerError)) throw error;
    expect(error.code).toBe("import_invalid");
    const problems = error.problems ?? [];
    for (const { file, fix } of problems)
      expect({ file, fix }).toEqual({ file: "broker.yaml", fix: expect.any(String) });
    return problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
}

it("says everything that is wrong with a file at once, each with its place", () => {
  const text = `version: 1
topics:
  - name: orders
    visibility: publik
    ttl: 30d
    shema: "{}"
  - name: a_errors
  - schema: {type: object}
subscriptions:
  - name: billing
    endpoint:
    retryDelays: [1s, 2x]
    timeout: 30
    maxInFlight: 0
    permanentStatuses: [400, 503]
    onRejecting: yes
    deadLetterTopic: nope
    token: abc
`;

  expect(problemsOf(text)).toEqual([
    '4:17 topics[0].visibility: Expected private or public, found the text "publik".',
    '5:10 topics[0].ttl: Expected a duration between 1h and 7d, found the text "30d".',
    '6:5 topics[0].shema: Expected name, visibility, ttl, partitions, configs, schema; found the key "shema", which looks like schema.',
    '7:11 topics[1].name: Expected the name of a topic, found the text "a_errors": Names that end with "_errors" are kept for dead letter topics.',
    "8:5 topics[2].name: name is missing: expected the name of a topic.",
    "8:13 topics[2].schema: Expected the JSON text of a JSON Schema, found a mapping.",
    "10:5 subscriptions[0].topic: topic is missing: expected the name of the topic to read.",
    "11:14 subscriptions[0].endpoint: Expected the URL that events are POSTed to, found nothing.",
    '12:18 subscriptions[0].retryDelays: Expected default, or a list of 1 to 50 durations between 1ms and 24h, found a list: the text "2x" is no such duration.',
    "13:14 subscriptions[0].timeout: Expected a duration between 1s and 120s, found the number 30.",
    "14:18 subscriptions[0].maxInFlight: Expected a whole number from 1 to 1000, found the number 0.",
    expect.stringMatching(/^15:24 subscriptions\[0\].permanentStatuses: .*503 cannot be a permanent status/),
    '16:18 subscriptions[0].onRejecting: Expected hold or dead-letter, found the text "yes".',
    expect.stringMatching(
      /^17:22 subscriptions\[0\].deadLetterTopic: .*ends with "_errors", such as "shared_errors"\.$/,
    ),
    expect.stringMatching(/^18:5 subscriptions\[0\].token: Expected name, topic, .*found the key "token"\.$/),
  ]);
});

it.each([
  ["nothing", "", "1:1 version: version is missing: expected 1, the version of this format."],
  ["a text", "hello", '1:1 : Expected a mapping, found the text "hello".'],
  ["a list", "[1, 2]", "1:1 : Expected a mapping, found a list."],
  ["an open bracket", "topics: [", expect.stringContaining(" : ")],
  ["a key twice", "version: 1\nversion: 1\n", expect.stringMatching(/^2:1 version: .*second time/)],
  ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0]), expect.stringContaining("not valid UTF-8")],
])("%s is no setup, and the problem has a place", (_, text, problem) => {
  expect(problemsOf(text)).toEqual(expect.arrayContaining([problem]));
});

it("of a file of another version it says only that", () => {
  const problems = problemsOf("version: 2\ntopics: 7\nfurther: true\n");

  expect(problems).toEqual(["1:10 version: Expected 1, the version of this format; found 2."]);
});

const NOTHING_SAID = { schema: undefined, partitions: undefined, configs: undefined };

it("what is left out has its default", () => {
  const text = "version: 1\ntopics: [{name: orders}]\nsubscriptions: [{name: b, topic: orders, endpoint: http://h/}]\n";

  expect(parseSetup("broker.yaml", new TextEncoder().encode(text)).setup).toEqual({
    topics: [{ name: "orders", visibility: "private", ttlMs: 604_800_000, ...NOTHING_SAID }],
    subscriptions: [
      {
        ...{ name: "b", topic: "orders", endpoint: "http://h/", state: "active", maxInFlight: 100, timeoutMs: 30_000 },
        ...{ permanentStatuses: [], onRejecting: "hold", deadLetterTopic: "b_errors" },
        ...{ retryDelaysMs: undefined, deadLetterTtlMs: undefined },
      },
    ],
  });
});

it("JSON that is indented with tabs is read", () => {
  expect(problemsOf('{\n\t"version": 1,\n\t"topics": [\n\t\t{ "name": "orders" }\n\t]\n}\n')).toEqual([]);
});
