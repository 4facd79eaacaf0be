import { expect, test } from "vitest";
import { scheduledItem, scheduleReply } from "../../src/lib/api/schedule.ts";
import { AT, scheduled } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const SCHEDULE = "POST /scheduled/orders";
const CANCEL = "DELETE /admin/v1/topics/orders/scheduled";
const LIST = "GET /admin/v1/topics/orders/scheduled";
const reply = { id: "o-2", topic: "orders", scheduledFor: AT };

test("message schedule sends the payload byte for byte, its minutes, id, key and attributes as headers", async () => {
  const { env, received } = await stubBroker({ [SCHEDULE]: reply });
  const data = '{"b": 1.50,\n "a":2, "a":"ü"}';
  const message = ["--data", data, "--id", "o-2", "--key", "k 1", "--attribute", "event-type=created"];

  const { stdout, exit } = await run("message schedule", ["orders", "--in", "10m", ...message], env);

  expect([stdout, exit]).toEqual([`Scheduled o-2 for orders: it is published at ${AT}.\n`, 0]);
  expect(received[0]?.body).toEqual(Buffer.from(data));
  expect(received[0]?.headers).toMatchObject({
    "x-kb-scheduledminutes": "10",
    "x-kb-messageid": "o-2",
    "x-kb-key": "k 1",
    "event-type": "created",
  });
});

test("message schedule --json prints the HTTP answer", async () => {
  const { env } = await stubBroker({ [SCHEDULE]: reply });

  const { json } = await runJson("message schedule", ["orders", "--in", "10m", "--data", "{}"], env);

  expect(scheduleReply.parse(json)).toEqual(reply);
});

test.each([
  ["5m", "5"],
  ["300s", "5"],
  ["2h", "120"],
  ["1d12h", "2160"],
  ["7d", "10080"],
])("--in %s is %s minutes", async (text, minutes) => {
  const { env, received } = await stubBroker({ [SCHEDULE]: reply });

  await run("message schedule", ["orders", "--in", text, "--data", "{}"], env);

  expect(received[0]?.headers["x-kb-scheduledminutes"]).toBe(minutes);
});

test.each(["4m", "299s", "90s", "5m30s", "7d1m", "8d", "10", "soon", ""])(
  "--in %s is a usage error that says the range, and nothing is sent",
  async (text) => {
    const { env, received } = await stubBroker({ [SCHEDULE]: reply });

    const { stderr, exit } = await run("message schedule", ["orders", "--in", text, "--data", "{}"], env);

    expect([exit, received]).toEqual([2, []]);
    expect(stderr).toBe(
      `Error: A message is scheduled whole minutes ahead, from 5m to 7d; "${text}" is not that.\nWrite it as --in 10m, --in 2h or --in 3d\n`,
    );
  },
);

test("without --in and without a terminal the flag is named, and nothing is sent", async () => {
  const { env, received } = await stubBroker({ [SCHEDULE]: reply });

  const { stderr, exit } = await run("message schedule", ["orders", "--data", "{}"], env);

  expect([exit, received]).toEqual([2, []]);
  expect(stderr).toBe("Error: Missing: --in.\nTry: kbroker message schedule orders --in 10m\n");
});

test("message scheduled list goes on where it says, with the position quoted for the shell", async () => {
  const { env, received } = await stubBroker({ [LIST]: { items: [scheduled()], total: 9, next: "1769846400000:o:2" } });

  const { stderr } = await run("message scheduled list", ["orders", "--limit", "1", "--after", "1:a"], env);

  expect(received[0]?.url).toBe("/admin/v1/topics/orders/scheduled?limit=1&after=1%3Aa");
  expect(stderr).toBe("Next: kbroker message scheduled list orders --limit 1 --after 1769846400000:o:2\n");
});

test("message scheduled cancel without a terminal says what it would do and needs --yes", async () => {
  const { env, received } = await stubBroker({ [CANCEL]: scheduled() });

  const { stdout, stderr, exit } = await run("message scheduled cancel", ["orders", "--id", "o-2"], env);

  expect([stdout, exit]).toEqual(["", 6]);
  expect(stderr).toContain(`Deletes the message o-2 (15 B), scheduled for ${AT}: it is never published to orders.\n`);
  expect(stderr).toContain("Try: kbroker message scheduled cancel orders --id o-2 --yes\n");
  expect(received.map(({ url }) => url)).toEqual(["/admin/v1/topics/orders/scheduled?id=o-2&dryRun=true"]);
});

test("message scheduled cancel --yes takes the message back and gives what it was", async () => {
  const { env, received } = await stubBroker({ [CANCEL]: scheduled() });

  const { stdout, exit } = await run("message scheduled cancel", ["orders", "--id", "o-2", "--yes"], env);
  const { json } = await runJson("message scheduled cancel", ["orders", "--id", "o-2", "--yes"], env);

  expect([stdout, exit]).toEqual(["Cancelled o-2: it is not published to orders.\n", 0]);
  expect(received[1]).toMatchObject({ method: "DELETE", url: "/admin/v1/topics/orders/scheduled?id=o-2" });
  expect(scheduledItem.parse(json)).toEqual(scheduled());
});

test("cancelling what is not scheduled is exit 7, before anything is asked", async () => {
  const { env } = await stubBroker({ [CANCEL]: failure(404, "schedule_not_found") });

  const { stderr, exit } = await run("message scheduled cancel", ["orders", "--id", "o-9"], env);

  expect([exit, stderr]).toEqual([7, "Error: It is schedule_not_found.\n"]);
});

test("message scheduled cancel without --id names the flag", async () => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run("message scheduled cancel", ["orders", "--yes"], env);

  expect([exit, received]).toEqual([2, []]);
  expect(stderr).toContain("id");
});
