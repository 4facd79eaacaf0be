import { fc } from "@fast-check/vitest";
import { ROUTES } from "../../src/lib/api/routes.ts";
import { ENDPOINT } from "../support/broker.ts";

/** The topic that is there. */
export const TOPIC = "orders";
/** The connector that is there. */
export const CONNECTOR = "shop";

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
  ...["/publish/", "/admin/v1/topics/", "/admin/v1/subscriptions/", "/admin/v1/connectors/", "/"].map((start) =>
    pathPart.map((part) => start + part),
  ),
);

const fieldName = fc.constantFrom(
  ...["name", "topic", "endpoint", "from", "retryDelays", "timeout", "maxInFlight", "visibility", "ttl", "schema"],
  ...["definition", "__proto__"],
  ...["product", "database", "tables", "snapshot", "publication", "host", "port", "user", "password", "tls"],
  ...["addTables", "removeTables", "onOversize", "retainedBytesWarn", "kind"],
);
const field = fc.oneof(
  fc.jsonValue({ depthSize: "small" }),
  name,
  fc.constantFrom("2h", "0s", "-1", "1e9h", "beginning"),
);
/** What a connector's request has, with something in it that may be wrong: text of any kind, in places that reach SQL, names and files. */
const text = fc.oneof(
  name,
  fc.constantFrom(
    "/var/run/postgresql",
    "a'; DROP TABLE x; --",
    "a\u0000b",
    "\ud800",
    "../../etc/passwd",
    "größe",
    "a b",
  ),
);
const table = fc.record({ schema: fc.oneof(fc.constant("public"), text), table: text });
const secret = fc.record({ kind: fc.constantFrom("env", "file", "plain"), name: text });
const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.double());
const tls = fc.constantFrom("disable", "require", "verify-full", "maybe");
const place = { host: text, port, user: text, password: fc.oneof(secret, text, fc.constant(null)), tls };
const connectorField = fc.oneof(
  fc.record({ database: fc.record({ ...place, database: text }, { requiredKeys: [] }) }),
  fc.record({ tables: fc.array(fc.oneof(table, fc.jsonValue()), { maxLength: 3 }) }),
  fc.record({ name: text }),
  fc.record({ product: text }),
  fc.record({ publication: text }),
  fc.record({ retainedBytesWarn: fc.double() }),
  fc.dictionary(fieldName, field, { maxKeys: 1 }),
);

const DATABASE = { host: "db", port: 5432, database: "shop", user: "kbroker", tls: "disable" };
const connectorRight = (name: string, table: string) => ({
  ...{ name, product: "web", kind: "postgresql", database: DATABASE },
  tables: [{ schema: "public", table }],
});

/** What asks to change the connector that is there: fields that a change knows, most of them not as it wants them. */
export const connectorChange = fc.record(
  {
    ...place,
    addTables: fc.array(table, { maxLength: 3 }),
    removeTables: fc.array(fc.oneof(table, fc.constant({ schema: "public", table: "orders" })), { maxLength: 3 }),
    onOversize: fc.constantFrom("stop", "skip", "drop"),
    retainedBytesWarn: fc.oneof(fc.nat(), fc.double()),
    snapshot: text,
  },
  { requiredKeys: [] },
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
    fc.constantFrom(TOPIC, "billing", CONNECTOR, "none"),
    fc.oneof(fc.dictionary(fieldName, field), fc.jsonValue()),
  )
  .map(([route, of, value]) => ({ path: route.path.replace(":name", of), value }));

const almostConnector = fc
  .tuple(
    fc.constantFrom(ROUTES.connectorCreate.path, ROUTES.connectorCheck.path),
    fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z]{1,8}$/)),
    connectorField,
  )
  .map(([path, [name, table], wrong]) => ({ path, value: { ...connectorRight(name, table), ...wrong } }));
const almostTables = fc.record({ ...place, database: text }, { requiredKeys: [] }).map((wrong) => ({
  path: ROUTES.connectorTables.path,
  value: { kind: "postgresql", database: { ...DATABASE, ...wrong } },
}));

/** Where to and what of a POST to the admin routes. */
export const adminPost = fc.oneof(almostRight, almostConnector, almostTables, anything);

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
