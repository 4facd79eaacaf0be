// In every process that a test starts while the tests run on Kafka (see storage.ts), before anything of the program: `broker start` with a
// directory works on the cluster that all tests share instead, under the prefix that stands for that directory. So a line of the docs runs as
// it stands.
const { prefixOf } = require("./prefix.cjs");

const args = process.argv;
const at = args.indexOf("--data-dir");
const brokers = process.env.TEST_KAFKA_BROKERS;
if (brokers && at > 0 && args[2] === "broker" && args[3] === "start") {
  const kafka = ["--engine", "kafka", "--brokers", brokers, "--prefix", prefixOf(args[at + 1]), "--partitions", "1"];
  args.splice(at, 2, ...kafka);
}
