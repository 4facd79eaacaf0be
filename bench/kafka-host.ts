// Part of the `bench:kafka` scripts, run from its source by tsx: a Kafka of one node, or of as many as it is told, for as long as whoever
// started it is there. Tells its addresses and its processes.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareClassArchive } from "../test/support/kafka/archive.ts";
import { kafkaProgram } from "../test/support/kafka/program.ts";
import { openKafka } from "../test/support/kafka/watched.ts";

const report = (text: string) => void process.stderr.write(`${text}\n`);
const program = await kafkaProgram({ report });
await prepareClassArchive(program, report);
const cluster = await openKafka({ program, nodes: process.argv[2] === "3" ? 3 : 1 });
const pids = await Promise.all(cluster.nodes.map(async ({ dir }) => Number(await readFile(join(dir, "pid"), "utf8"))));
process.on("disconnect", () => void cluster.close().finally(() => process.exit(0)));
process.send?.({ brokers: cluster.bootstrap, pids });
