import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { documentOf } from "../../../../src/lib/cli/moving/document.ts";
import { documentText } from "../../../../src/lib/cli/moving/document-text.ts";
import { parseSetup } from "../../../../src/lib/cli/moving/read-file.ts";
import type { Setup, SubscriptionSetup, TopicSetup } from "../../../../src/lib/cli/moving/setup.ts";
import { HOUR_MS } from "../../../../src/lib/domain/topic.ts";

const NO_LAYOUT = { partitions: undefined, configs: undefined };
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);

/** JSON as tools and people write it: over lines or on one, with whatever stands in texts, spaces and line ends. */
const schema = fc
  .tuple(fc.json(), fc.constantFrom(0, 2, "\t"), fc.constantFrom("", "\n", "\n\n", " \n", "\r\n"))
  .map(([json, indent, end]) => JSON.stringify(JSON.parse(json), null, indent) + end);

const topic: fc.Arbitrary<TopicSetup> = fc.record({
  name,
  visibility: fc.constantFrom("public", "private"),
  ttlMs: fc.integer({ min: HOUR_MS, max: 7 * 24 * HOUR_MS }),
  partitions: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
  configs: fc.option(
    fc.dictionary(fc.stringMatching(/^[a-z.]{1,9}$/), fc.string(), { minKeys: 1, noNullPrototype: true }),
    {
      nil: undefined,
    },
  ),
  schema: fc.option(fc.oneof(schema, fc.string({ minLength: 1 })), { nil: undefined }),
});

const subscription: fc.Arbitrary<SubscriptionSetup> = fc.record({
  name,
  topic: name,
  endpoint: fc.webUrl({ withQueryParameters: true }),
  state: fc.constantFrom("active", "paused"),
  retryDelaysMs: fc.option(fc.array(fc.integer({ min: 1, max: 86_400_000 }), { minLength: 1, maxLength: 5 }), {
    nil: undefined,
  }),
  timeoutMs: fc.integer({ min: 1_000, max: 120_000 }),
  maxInFlight: fc.integer({ min: 1, max: 1_000 }),
  permanentStatuses: fc
    .uniqueArray(fc.integer({ min: 411, max: 428 }), { maxLength: 3 })
    .map((statuses) => statuses.sort((a, b) => a - b)),
  onRejecting: fc.constantFrom("hold", "dead-letter"),
  deadLetterTopic: name.map((base) => `${base}_errors`),
  deadLetterTtlMs: fc.integer({ min: HOUR_MS, max: 7 * 24 * HOUR_MS }),
});

const setup: fc.Arbitrary<Setup> = fc.record({
  topics: fc.uniqueArray(topic, { selector: (one) => one.name, maxLength: 4 }),
  subscriptions: fc.uniqueArray(subscription, { selector: (one) => one.name, maxLength: 4 }),
});

const byName = (entries: readonly { readonly name: string }[]) =>
  [...entries].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
const read = (text: string) => parseSetup("broker.yaml", new TextEncoder().encode(text)).setup;

test.prop([setup])("what is written is read as it was, from YAML and from JSON", (given) => {
  const sorted = { topics: byName(given.topics), subscriptions: byName(given.subscriptions) };

  expect(read(documentText(documentOf(given)))).toEqual(sorted);
  expect(read(JSON.stringify(documentOf(given), null, 2))).toEqual(sorted);
});

test.prop([setup])("the same state is the same text, whatever order it comes in", (given) => {
  const turned = { topics: [...given.topics].reverse(), subscriptions: [...given.subscriptions].reverse() };

  expect(documentText(documentOf(turned))).toBe(documentText(documentOf(given)));
});

it("a schema stands in the file line by line, not folded and not escaped", () => {
  const text = `{\n  "description": "${"long ".repeat(40)}",\n  "type": "object"\n}\n`;
  const topics: Setup["topics"] = [
    { name: "orders", visibility: "public", ttlMs: HOUR_MS, schema: text, ...NO_LAYOUT },
  ];

  const lines = documentText(documentOf({ topics, subscriptions: [] })).split("\n");

  expect(lines).toContain("    schema: |");
  expect(lines).toContain('        "type": "object"');
});

it("what stands on one line stays on one line, however long", () => {
  const text = `{"description": "${"long ".repeat(40)}"}`;
  const topics: Setup["topics"] = [
    { name: "orders", visibility: "public", ttlMs: HOUR_MS, schema: text, ...NO_LAYOUT },
  ];

  expect(documentText(documentOf({ topics, subscriptions: [] }))).toContain(`    schema: '${text}'\n`);
});
