// `npm run demo`: one event's life, on the embedded engine in a temporary folder, with a consumer that fails on purpose. Runs the
// real commands, shows their output, and checks each step against what the consumer really received. Leaves nothing behind.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startBroker } from "./demo/broker.js";
import { startConsumer } from "./demo/consumer.js";
import { storyteller } from "./demo/steps.js";
import { terminal } from "./demo/terminal.js";

const SCHEMA = {
  type: "object",
  properties: { orderId: { type: "string" }, total: { type: "number" } },
  required: ["orderId"],
  additionalProperties: false,
};

const { say, check, until } = storyteller();

async function story({ run, json }, { received, mend, url }) {
  const pushes = (id) => received.filter((push) => push.id === id);
  const publish = (id, data, exit) => run(["message", "publish", "orders", "--data", data, "--id", id], exit);
  const lag = () => json(["subscription", "lag", "billing"]);

  say("A public topic, and the schema that it asks for");
  await run(["topic", "create", "orders", "--public", "--ttl", "3d"]);
  await publish("o-0", '{"orderId":"0"}', 8);
  await run(["schema", "create", "orders", "--file", "order.json"]);

  say(
    "A subscription: billing's service gets every order, is tried again after 1 s and 1 s, then the order is set aside",
  );
  const options = ["--topic", "orders", "--endpoint", url, "--from", "beginning", "--retry-delays", "1s,1s"];
  await run(["subscription", "create", "billing", ...options]);

  say("A payload that does not fit the schema is refused, with the place");
  await publish("o-bad", '{"orderId":7}', 2);
  check(pushes("o-bad").length === 0, "the consumer saw nothing of it");

  say("An event travels");
  await publish("o-1", '{"orderId":"1","total":12.50}');
  await until(() => pushes("o-1").length > 0, "the consumer received o-1");
  check(pushes("o-1")[0].payload === '{"orderId":"1","total":12.50}', "byte for byte: 12.50 is still 12.50");

  say("A consumer that fails once is tried again");
  await publish("o-2", '{"orderId":"fails-once"}');
  await until(() => pushes("o-2").some(({ status }) => status === 204), "o-2 was answered 500, then 204");
  check(
    pushes("o-2")
      .map(({ attempt }) => attempt)
      .join() === "1,2",
    "the attempts were numbered 1 and 2",
  );

  say("A consumer that always fails: three strikes, then the dead letter topic");
  await publish("o-3", '{"orderId":"always-fails"}');
  await until(async () => (await json(["dlq", "list", "billing"])).items.length === 1, "one dead letter");
  check(
    pushes("o-3")
      .map(({ status }) => status)
      .join() === "500,500,500",
    "the consumer refused o-3 three times",
  );
  await run(["dlq", "list", "billing"]);
  await run(["dlq", "peek", "billing"]);

  say("Pause: what is published waits");
  await run(["subscription", "pause", "billing"]);
  for (const number of [4, 5, 6])
    await json(["message", "publish", "orders", "--data", `{"orderId":"${number}"}`, "--id", `o-${number}`]);
  await run(["subscription", "lag", "billing"]);
  check((await lag()).lag === 3, "3 orders wait");
  check(
    ["o-4", "o-5", "o-6"].every((id) => pushes(id).length === 0),
    "the consumer saw none of them",
  );
  await run(["subscription", "lag", "billing", "--fail-above", "2"], 5);

  say("Resume: they arrive, and the lag is 0");
  await run(["subscription", "resume", "billing"]);
  await until(
    () => ["o-4", "o-5", "o-6"].every((id) => pushes(id).length === 1),
    "the consumer received all three, once",
  );
  await until(async () => (await lag()).lag === 0, "lag 0");
  await run(["subscription", "lag", "billing"]);

  say("The consumer is mended: redrive delivers what it had refused");
  mend("always-fails");
  await run(["subscription", "redrive", "billing", "--dry-run"]);
  await run(["subscription", "redrive", "billing", "--yes"]);
  await until(() => pushes("o-3").at(-1).status === 204, "o-3 was accepted after all");
  check(pushes("o-3").at(-1).redriveCount === 1, "it said that it was redriven once");
  check((await json(["dlq", "list", "billing"])).items.length === 0, "no dead letter is left");

  say("A bad deploy swallowed everything: rewind delivers the last hour once more");
  await until(async () => (await lag()).lag === 0, "everything was delivered");
  await run(["subscription", "rewind", "billing", "1", "--dry-run"]);
  await run(["subscription", "rewind", "billing", "1", "--yes"]);
  const orders = ["o-1", "o-2", "o-3", "o-4", "o-5", "o-6"];
  await until(
    () => orders.every((id) => pushes(id).at(-1).replay !== undefined),
    "every order came again, marked as a replay",
  );
  await run(["job", "list"]);
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-demo-"));
  const consumer = await startConsumer({ "fails-once": 1, "always-fails": Number.POSITIVE_INFINITY });
  const port = await freePort();
  const kbroker = terminal({ cwd: folder, url: `http://127.0.0.1:${port}` });
  let broker;
  try {
    await writeFile(join(folder, "order.json"), `${JSON.stringify(SCHEMA, null, 2)}\n`);
    process.stdout.write(`A broker starts: kbroker broker start --data-dir … --port ${port}\n`);
    broker = await startBroker({ start: kbroker.start, dataDir: join(folder, "data"), port });
    await story(kbroker, consumer);
    say("The broker stops cleanly");
    const code = await broker.stop();
    broker = undefined;
    check(code === 0, "Ctrl-C, all committed, exit code 0");
  } finally {
    await broker?.stop();
    await consumer.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const startedMs = Date.now();
try {
  await main();
  process.stdout.write(
    `\nThat was the main job, in ${((Date.now() - startedMs) / 1000).toFixed(1)} s. Nothing is left behind.\n`,
  );
} catch (error) {
  process.stderr.write(`\nThe demo failed. ${error.message}\n`);
  process.exitCode = 1;
}
