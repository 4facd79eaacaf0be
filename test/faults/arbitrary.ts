import { fc } from "@fast-check/vitest";
import { ROUTES } from "../../src/lib/api/routes.ts";
import { ENDPOINT } from "../support/broker.ts";

/** The topic that is there. */
export const TOPIC = "orders";

const encode = (text: string) => new TextEncoder().encode(text);

const json = fc
  .tuple(
    fc.constantFrom("", " \n\t", "\uFEFF"),
    fc.json({ depthSize: "medium" }),
    fc.constantFrom("", "\r\n", "\u00a0"),
  )
  .map((parts) => parts.join(""));
/** Almost JSON: a byte of it is replaced, taken out or put in. */
const almostJson = fc
  .tuple(json.map(encode), fc.nat(), fc.nat(255), fc.constantFrom(0, 1))
  .map(([bytes, place, byte, cut]) => {
    const at = place % (bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, at), byte, ...bytes.subarray(at + cut)]);
  });
export const body = fc.oneof(json.map(encode), almostJson, fc.uint8Array({ maxLength: 200 }));

/** What a socket can carry in a header's value: any byte but those that end the line. */
export const headerValue = fc.oneof(
  fc.string({ maxLength: 140 }),
  fc.uint8Array({ maxLength: 140 }).map((bytes) =>
    Buffer.from(bytes)
      .toString("latin1")
      .replaceAll(/[\r\n]/g, ""),
  ),
);
export const headerName = fc.constantFrom(
  "X-KB-MessageID",
  "x-kb-key",
  "X-KB-Attr-a",
  "x-kb-attr-",
  "source",
  "traceparent",
  "X-KB-Attr-\u00e4",
);

export const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/),
  fc.constantFrom("", ".", "..", "__kbroker", "__proto__", "constructor", "toString", "orders_errors", "a".repeat(201)),
);

/** A path in which anything may stand: encoded, half encoded, or raw bytes. */
const pathPart = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }).map(encodeURIComponent),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[ \r\n]/g, "%")),
  fc.constantFrom("%", "%2", "%ff", "%00", "%2e%2e", "..%2f", "a".repeat(700), "%E4%F6", "__proto__", "constructor"),
);
export const path = fc.oneof(
  ...["/publish/", "/admin/v1/topics/", "/admin/v1/subscriptions/", "/"].map((start) =>
    pathPart.map((part) => start + part),
  ),
);

const fieldName = fc.constantFrom(
  ...["name", "topic", "endpoint", "from", "retryDelays", "timeout", "maxInFlight", "visibility", "ttl", "schema"],
  ...["definition", "__proto__"],
);
const field = fc.oneof(
  fc.jsonValue({ depthSize: "small" }),
  name,
  fc.constantFrom("2h", "0s", "-1", "1e9h", "beginning"),
);
const fresh = fc.stringMatching(/^[a-z]{1,8}$/);

/** A path and a body that is right but for one field at most, so that it gets past the first checks. */
const almostRight = fc
  .tuple(
    fc.oneof(
      fresh.map((name) => [ROUTES.topicCreate.path, { name }] as const),
      fresh.map((name) => [ROUTES.subscriptionCreate.path, { name, topic: TOPIC, endpoint: ENDPOINT }] as const),
      fc.constant([ROUTES.schemaCreate.path.replace(":name", TOPIC), { definition: "{}" }] as const),
      fc.constant([ROUTES.endpointCheck.path, { endpoint: ENDPOINT }] as const),
    ),
    fc.dictionary(fieldName, field, { maxKeys: 1 }),
  )
  .map(([[path, right], wrong]) => ({ path, value: { ...right, ...wrong } }));

const posts = Object.values(ROUTES).filter(({ method }) => method === "POST");
const anything = fc
  .tuple(
    fc.constantFrom(...posts),
    fc.constantFrom(TOPIC, "billing", "none"),
    fc.oneof(fc.dictionary(fieldName, field), fc.jsonValue()),
  )
  .map(([route, of, value]) => ({ path: route.path.replace(":name", of), value }));

/** Where to and what of a POST to the admin routes. */
export const adminPost = fc.oneof(almostRight, anything);

const keyword = fc.constantFrom(
  ...["type", "properties", "items", "pattern", "enum", "required", "allOf", "if", "minimum", "format", "$schema"],
  ...["$ref", "$dynamicRef", "$anchor", "contains", "dependentSchemas", "__proto__", "unknown"],
);

function merge([right, wrong]: readonly [unknown, object]): object {
  return { ...Object(right), ...wrong };
}

/** Keywords with values that often suit them, at most one of which does not. */
export const jsonSchema = fc.letrec((tie) => ({
  schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), tie("object")),
  object: fc.tuple(tie("right"), fc.dictionary(keyword, fc.oneof(fc.jsonValue(), field), { maxKeys: 1 })).map(merge),
  right: fc.record(
    {
      type: fc.constantFrom("object", "array", "string", "number", "integer", "null", ["string", "null"]),
      properties: fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), tie("schema"), { maxKeys: 3 }),
      patternProperties: fc.dictionary(fc.constantFrom("^a", "(", "\\p{L}"), tie("schema"), { maxKeys: 1 }),
      required: fc.array(fc.constantFrom("a", "b", "toString"), { maxLength: 2 }),
      items: tie("schema"),
      prefixItems: fc.array(tie("schema"), { maxLength: 2 }),
      anyOf: fc.array(tie("schema"), { maxLength: 2 }),
      not: tie("schema"),
      enum: fc.array(fc.jsonValue(), { maxLength: 3 }),
      const: fc.jsonValue(),
      pattern: fc.string({ maxLength: 6 }),
      multipleOf: fc.double(),
      minLength: fc.integer({ min: -1, max: 3 }),
      uniqueItems: fc.boolean(),
      unevaluatedProperties: tie("schema"),
      $id: fc.constantFrom("https://example.com/a", "a", "#", ""),
      $defs: fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { maxKeys: 1 }),
    },
    { requiredKeys: [] },
  ),
})).schema;
