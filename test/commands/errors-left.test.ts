import { expect, test } from "vitest";
import { subscription, topic } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { answer, failure, stubBroker } from "./stub-broker.ts";

const LINE = ["billing", "--topic", "orders", "--endpoint", "http://h/"];
const CREATE = "kbroker subscription create billing --topic orders --endpoint http://h/";
const refusing = () =>
  stubBroker({ "POST /admin/v1/subscriptions": failure(409, "dead_letters_left", { hint: "Say what." }) });
const creating = (messages: number) =>
  stubBroker({
    "POST /admin/v1/subscriptions": answer(201, subscription()),
    "GET /admin/v1/topics/billing_errors": topic({ name: "billing_errors", messages }),
  });

test("dead letters that are left are exit 6 with both next commands, where nobody can be asked", async () => {
  const { env } = await refusing();

  const { stderr, exit } = await run("subscription create", LINE, env);
  const { json } = await runJson("subscription create", LINE, env);

  expect(exit).toBe(6);
  const lines = stderr.split("\n");
  expect(lines).toContain(`Take them over: ${CREATE} --keep-errors`);
  expect(lines).toContain(`Or remove them: ${CREATE} --purge-errors --yes`);
  expect(json).toMatchObject({ error: { code: "dead_letters_left", exit: 6 } });
});

test("--keep-errors and --dead-letter-topic are sent", async () => {
  const { env, received } = await creating(2);

  await run("subscription create", [...LINE, "--keep-errors", "--dead-letter-topic", "shared_errors"], env);

  const [{ body } = { body: Buffer.of() }] = received;
  expect(JSON.parse(String(body))).toMatchObject({ errors: "keep", deadLetterTopic: "shared_errors" });
});

test("--purge-errors says how many dead letters go, and is confirmed", async () => {
  const { env, received } = await creating(2);

  const refused = await run("subscription create", [...LINE, "--purge-errors"], env);
  const posted = received.filter(({ method }) => method === "POST").length;
  const done = await run("subscription create", [...LINE, "--purge-errors", "--yes"], env);

  expect([refused.exit, posted, done.exit]).toEqual([6, 0, 0]);
  expect(refused.stderr).toMatch(/^Removes the 2 dead letters in billing_errors for good\.\n/);
  expect(JSON.parse(String(received.at(-1)?.body))).toMatchObject({ errors: "purge" });
});

test.each([0, undefined])("--purge-errors asks nothing where there is nothing to purge: %s", async (messages) => {
  const { env } =
    messages === undefined
      ? await stubBroker({
          "POST /admin/v1/subscriptions": answer(201, subscription()),
          "GET /admin/v1/topics/billing_errors": failure(404, "topic_not_found"),
        })
      : await creating(messages);

  const { exit, stderr } = await run("subscription create", [...LINE, "--purge-errors"], env);

  expect([exit, stderr]).toEqual([0, "Next: kbroker subscription lag billing\n"]);
});
