import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AT, newTopic, subscription, topic } from "../commands/fixtures.ts";
import { answer, failure, type Received, stubBroker } from "../commands/stub-broker.ts";
import { KEYS, terminal } from "./pty.ts";

const TEST_MS_MAX = 120_000;
const { enter, down, ctrlC, clear } = KEYS;

const broker = () =>
  stubBroker({
    "GET /admin/v1/topics": { items: [topic(), topic({ name: "payments", visibility: "public" })] },
    "POST /admin/v1/topics": answer(201, newTopic({ name: "invoices", visibility: "public" })),
    "GET /admin/v1/subscriptions": { items: [subscription()] },
    "POST /admin/v1/subscriptions": answer(201, subscription({ name: "mailer", topic: "payments" })),
    "POST /admin/v1/subscriptions/billing/pause": subscription({ state: "paused" }),
    "POST /admin/v1/endpoint-checks": { reachable: true, status: 405, message: "It answered 405.", tookMs: 3 },
  });

const changes = (received: readonly Received[]) =>
  received.filter(({ method, url }) => method === "POST" && url !== "/admin/v1/endpoint-checks");

test("topic create asks, refuses wrong answers on the spot, and does what was agreed", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env, received } = await broker();
  const { see, type, text, ended } = terminal(["topic", "create"], env);

  await see(/Name of the topic/);
  type(`or ders${enter}`);
  await see(/only letters, digits/);
  type(`${clear}orders${enter}`);
  await see(/A topic "orders" exists\./);
  type(`${clear}invoices${enter}`);
  await see(/Who may subscribe\?/);
  type(`${down}${enter}`);
  await see(/How long are messages kept\?/);
  type(`9d${enter}`);
  await see(/Between 1h and 7d\./);
  type(`${clear}3d${enter}`);
  await see(/File with its JSON Schema/);
  type(`/nonexistent/s.json${enter}`);
  await see(/there is no such file/);
  expect(changes(received)).toEqual([]);
  type(`${clear}${enter}`);
  await see(/topic +invoices\n +visibility +public\n +kept +3d\n +schema +none/);
  await see(/Create topic invoices\?/);
  type(enter);
  await see(/Created public topic invoices/);
  await see(/Without questions: kbroker topic create invoices --public --ttl 3d\n/);
  await see(/Next: kbroker schema create invoices/);

  expect(await ended).toBe(0);
  expect(changes(received).map(({ body }) => JSON.parse(String(body)))).toEqual([
    { name: "invoices", visibility: "public", ttl: "3d" },
  ]);
  expect(text()).not.toContain("undefined");
});

test("subscription create offers the topics, tries the endpoint, and prints the line with its quotes", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env, received } = await broker();
  const { see, type, ended } = terminal(["subscription", "create"], env);

  await see(/Topic to read[\s\S]*orders[\s\S]*payments/);
  type(`${down}${enter}`);
  await see(/Name of the subscription/);
  type(`mailer${enter}`);
  await see(/Endpoint that events are POSTed to/);
  type(`http://127.0.0.1:9/e?a=1&b=2${enter}`);
  await see(/Try whether the broker reaches it\?/);
  type(enter);
  await see(/Reached in 3ms: It answered 405\./);
  await see(/Where does it start\?/);
  type(`${down}${enter}`);
  await see(/When the endpoint fails/);
  type(enter);
  await see(/How long may an answer take\?/);
  type(enter);
  await see(/How many messages at once/);
  type(enter);
  await see(/Which answers are final\?[\s\S]*400,422 \(recommended\)/);
  type(enter);
  await see(/Create subscription mailer\?/);
  type(`y${enter}`);
  await see(
    /Without questions: kbroker subscription create mailer --topic payments --endpoint 'http:\/\/127\.0\.0\.1:9\/e\?a=1&b=2' --from beginning --permanent-status 400,422/,
  );

  expect(await ended).toBe(0);
  expect(changes(received).map(({ body }) => JSON.parse(String(body)))).toEqual([
    {
      ...{ name: "mailer", topic: "payments", endpoint: "http://127.0.0.1:9/e?a=1&b=2", from: "beginning" },
      permanentStatuses: [400, 422],
    },
  ]);
});

test("schema create offers the topics without a schema, and refuses a file that is no JSON on the spot", {
  timeout: TEST_MS_MAX,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-pty-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [good, bad] = [join(folder, "order schema.json"), join(folder, "bad.json")];
  await Promise.all([writeFile(good, '{ "type": "object" }'), writeFile(bad, '{\n  "type": object\n}')]);
  const definition = { definition: '{ "type": "object" }' };
  const { env, received } = await stubBroker({
    "GET /admin/v1/topics": { items: [topic({ name: "has-one", schemaVersion: 1 }), topic()] },
    "POST /admin/v1/topics/orders/schema": answer(201, {
      ...definition,
      name: "orders",
      topic: "orders",
      version: 1,
      createdAt: AT,
      ...{ compatibility: null, forced: false, draft: "2020-12", warnings: [] },
    }),
  });
  const { see, type, text, ended } = terminal(["schema", "create"], env);

  await see(/Topic[\s\S]*orders \(private\)/);
  type(enter);
  await see(/File with the JSON Schema/);
  type(`${bad}${enter}`);
  await see(/bad\.json:2:11 is not JSON/);
  type(`${clear}${good}${enter}`);
  await see(/Give orders this schema\?/);
  type(enter);
  await see(/Topic orders has a schema now, version 1\./);
  await see(/Without questions: kbroker schema create orders --file '[^']+order schema\.json'\n/);

  expect(await ended).toBe(0);
  expect(changes(received).map(({ body }) => JSON.parse(String(body)))).toEqual([definition]);
  expect(text()).not.toContain("has-one");
});

const steps: [question: RegExp, keys: string][] = [
  [/Topic to read/, enter],
  [/Name of the subscription/, `mailer${enter}`],
  [/Endpoint that events are POSTed to/, `http://127.0.0.1:9/e${enter}`],
  [/Try whether the broker reaches it\?/, `n${enter}`],
  [/Where does it start\?/, enter],
  [/When the endpoint fails/, enter],
  [/How long may an answer take\?/, enter],
  [/How many messages at once/, enter],
  [/Which answers are final/, enter],
  [/Create subscription mailer\?/, `y${enter}`],
];

test.each([1, 3, 6, 9])(
  "Ctrl-C at question %i of subscription create changes nothing and exits with 130, silently",
  { timeout: TEST_MS_MAX },
  async (at) => {
    const { env, received } = await broker();
    const { see, type, text, ended } = terminal(["subscription", "create"], env);

    for (const [question, keys] of steps.slice(0, at - 1)) {
      await see(question);
      type(keys);
    }
    await see(steps[at - 1]?.[0] ?? /never/);
    type(ctrlC);

    expect(await ended).toBe(130);
    expect(changes(received)).toEqual([]);
    expect(text()).not.toMatch(/Error|Cancelled|at .*\.js/);
  },
);

test("a no at the end changes nothing and exits with 6", { timeout: TEST_MS_MAX }, async () => {
  const { env, received } = await broker();
  const { see, type, ended } = terminal(["subscription", "create", "mailer", "--topic", "payments"], env);

  await see(/Endpoint that events are POSTed to/);
  type(`http://127.0.0.1:9/e${enter}`);
  await see(/Try whether/);
  type(`n${enter}`);
  await see(/Create subscription mailer\?/);
  type(`n${enter}`);
  await see(/Error: Nothing was created\./);

  expect(await ended).toBe(6);
  expect(changes(received)).toEqual([]);
});

test("a name that is left out is picked from those that exist", { timeout: TEST_MS_MAX }, async () => {
  const { env, received } = await broker();
  const { see, type, ended } = terminal(["subscription", "pause"], env);

  await see(/Subscription[\s\S]*billing/);
  type(enter);
  await see(/Without questions: kbroker subscription pause billing\n/);
  await see(/Subscription billing is paused/);

  expect(await ended).toBe(0);
  expect(changes(received)).toHaveLength(1);
});

test("questions go to stderr: stdout in a file holds the answer and nothing else", {
  timeout: TEST_MS_MAX,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-pty-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { env } = await broker();
  const out = join(folder, "out.json");
  const { see, type, ended } = terminal(["subscription", "pause", "--json"], env, out);

  await see(/Subscription[\s\S]*billing/);
  type(enter);
  await see(/Without questions: kbroker subscription pause billing\n/);

  expect(await ended).toBe(0);
  expect(JSON.parse(await readFile(out, "utf8"))).toEqual(subscription({ state: "paused" }));
});

test.each([
  ["--no-input", ["--no-input"], {}],
  ["CI", [], { CI: "true" }],
])("with %s nothing is asked, even at a terminal", { timeout: TEST_MS_MAX }, async (_what, flags, more) => {
  const { env, received } = await broker();
  const { see, ended } = terminal(["topic", "create", ...flags], { ...env, ...more });

  await see(/Error: Missing: <name>\.\nTry: kbroker topic create <name>/);

  expect(await ended).toBe(2);
  expect(received).toEqual([]);
});

test("a broker that is gone is said before the first question", { timeout: TEST_MS_MAX }, async () => {
  const { see, ended } = terminal(["topic", "create"], { KBROKER_ADMIN_URL: "http://127.0.0.1:1" });

  await see(/Error: No broker answers at http:\/\/127\.0\.0\.1:1/);

  expect(await ended).toBe(3);
});

test("what the broker refuses after the last question is an error like any other", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { env } = await stubBroker({
    "GET /admin/v1/topics": { items: [topic()] },
    "GET /admin/v1/subscriptions": { items: [] },
    "POST /admin/v1/subscriptions": failure(409, "subscription_limit", { hint: "kbroker topic describe orders" }),
  });
  const { see, type, ended } = terminal(["subscription", "create", "mailer", "--topic", "orders"], env);

  await see(/Endpoint/);
  type(`http://127.0.0.1:9/e${enter}`);
  await see(/Try whether/);
  type(`n${enter}`);
  await see(/Create subscription/);
  type(enter);
  await see(/Error: It is subscription_limit\.\nTry: kbroker topic describe orders/);

  expect(await ended).toBe(8);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is looked for.
const colour = /\u001b\[(1|2|3\d|9\d)m/;

test.each([
  ["on a terminal there is colour", {}, [], true],
  ["NO_COLOR takes it away", { NO_COLOR: "1" }, [], false],
  ["an empty NO_COLOR does not", { NO_COLOR: "" }, [], true],
  ["TERM=dumb takes it away", { TERM: "dumb" }, [], false],
  ["--no-color takes it away", {}, ["--no-color"], false],
  ["--no-color wins over FORCE_COLOR", { FORCE_COLOR: "3" }, ["--no-color"], false],
])("%s, in tables and in errors", { timeout: TEST_MS_MAX }, async (_what, more, flags, coloured) => {
  const { env } = await broker();
  const table = terminal(["topic", "list", ...flags], { ...env, ...more });
  const error = terminal(["topic", "describe", "x", ...flags], { ...env, ...more });

  await Promise.all([table.ended, error.ended]);

  expect([colour.test(table.raw()), colour.test(error.raw())]).toEqual([coloured, coloured]);
});

test("questions are uncoloured with --no-color", { timeout: TEST_MS_MAX }, async () => {
  const { env } = await broker();
  const { see, type, raw, ended } = terminal(["topic", "create", "--no-color"], env);

  await see(/Name of the topic/);
  type(ctrlC);
  await ended;

  expect(raw()).not.toMatch(colour);
});

test("topic import lets choose from what Kafka has, and imports what was agreed", {
  timeout: TEST_MS_MAX,
}, async () => {
  const layout = { kafkaTopic: "views", imported: true, compacted: false, partitions: 3, replicationFactor: 2 };
  const { env, received } = await stubBroker({
    "GET /admin/v1/topic-imports": {
      items: [
        { name: "payments", partitions: 12 },
        { name: "views", partitions: 3 },
      ],
    },
    "POST /admin/v1/topic-imports": answer(201, newTopic({ name: "views", layout })),
  });
  const { see, type, ended } = terminal(["topic", "import", "--private"], env);

  await see(/Kafka topic to import[\s\S]*payments[\s\S]*views/);
  type(`${down}${enter}`);
  await see(/For how long are its messages delivered\? \(1h to 7d\)/);
  type(enter);
  await see(/File with its JSON Schema/);
  type(enter);
  await see(/Kafka topic +views\n +visibility +private\n +delivered +for 7d\n +schema +none/);
  await see(/Import topic views\?/);
  type(enter);
  await see(/Imported topic views \(private, 3 partitions with 2 replicas\); messages are delivered for 7d\./);
  await see(/Without questions: kbroker topic import views\n/);

  expect(await ended).toBe(0);
  expect(changes(received).map(({ body }) => JSON.parse(String(body)))).toEqual([
    { name: "views", visibility: "private" },
  ]);
});

test("topic update says what more partitions mean, and asks first", { timeout: TEST_MS_MAX }, async () => {
  const grown = { changes: [{ setting: "partitions", from: "6", to: "12" }], expires: 0 };
  const { env, received } = await stubBroker({ "PATCH /admin/v1/topics/orders": { ...topic(), ...grown } });
  const { see, type, ended } = terminal(["topic", "update", "orders"], env);

  await see(/What to change\?/);
  type(`${down}${down}${enter}`);
  await see(/How many partitions\?/);
  type(`12${enter}`);
  await see(/Gives topic orders 12 partitions instead of 6; they cannot be taken away again\.\n/);
  await see(/a key may go to another partition/);
  await see(/Change topic orders\?/);
  type(`y${enter}`);
  await see(/Without questions: kbroker topic update orders --partitions 12 --yes\n/);
  await see(/partitions +6 → 12/);

  expect(await ended).toBe(0);
  expect(received.map(({ body }) => JSON.parse(String(body)))).toEqual([
    { partitions: 12, dryRun: true },
    { partitions: 12 },
  ]);
});
