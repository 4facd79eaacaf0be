// `npm run kafka:up [-- --nodes 3]` and `npm run kafka:down`: a real Apache Kafka for trying things, on 127.0.0.1, from Maven's jars. It
// stays until `kafka:down`, which ends what `kafka:up` started, and nothing else.
import { parseArgs } from "node:util";
import { KAFKA_VERSION } from "../test/support/kafka/program.ts";
import { downKafka, upKafka } from "../test/support/kafka/standing.ts";

const USAGE = "Usage: npm run kafka:up [-- --nodes 1|3], npm run kafka:down";

const OUTCOMES = {
  new: "is up",
  again: "is up again, with its data",
  already: "is up already",
};

async function main() {
  const options = { nodes: { type: "string" }, help: { type: "boolean" } };
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const { nodes, help } = values;
  if (help) return void process.stdout.write(`${USAGE}\n`);
  if (nodes !== undefined && nodes !== "1" && nodes !== "3")
    throw new Error(`--nodes is 1 or 3, not ${nodes}. ${USAGE}`);
  switch (positionals.join(" ")) {
    case "up":
      return up(nodes === undefined ? undefined : Number(nodes));
    case "down":
      return down();
    default:
      throw new Error(USAGE);
  }
}

async function up(nodes) {
  const report = (text) => process.stderr.write(`${text}\n`);
  const { bootstrap, dir, outcome } = await upKafka({ nodes, report });
  const brokers = bootstrap.join(",");
  process.stdout.write(
    `Kafka ${KAFKA_VERSION} ${OUTCOMES[outcome]}: ${bootstrap.length === 1 ? "1 node" : `${bootstrap.length} nodes`}, data and logs in ${dir}\n` +
      `Brokers: ${brokers}\n` +
      `Next:    kbroker broker start --engine kafka --brokers ${brokers}\n` +
      "End it:  npm run kafka:down\n",
  );
}

async function down() {
  process.stdout.write(
    (await downKafka()) ? "Kafka is down, and its data is gone.\n" : "No Kafka of kafka:up is here.\n",
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
