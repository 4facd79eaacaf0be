import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { testWithOwnKafka } from "../kafka.ts";
import { removeCluster } from "./cluster.ts";
import { endNode } from "./node.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/kafka.js", import.meta.url));
const MS_MAX = 120_000;

testWithOwnKafka(
  "kafka:up tells where it is and what comes next, as often as it is asked, until kafka:down leaves nothing of it",
  async () => {
    const { kafka, dir } = await person();

    const first = await kafka("up");
    const second = await kafka("up");
    const other = await kafka("up", "--nodes", "3");
    const server = /^Brokers: (127\.0\.0\.1:\d+)$/m.exec(first.stdout)?.[1] ?? "";
    await reach(server);
    const down = await kafka("down");

    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(`kbroker broker start --engine kafka --brokers ${server}\n`);
    expect(second).toEqual({ ...first, stdout: first.stdout.replace("is up:", "is up already:") });
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain("A cluster of 1 node is there already. End it first: npm run kafka:down");
    expect(down).toMatchObject({ code: 0, stdout: "Kafka is down, and its data is gone.\n" });
    expect(existsSync(join(dir, "cluster"))).toBe(false);
    await expect(reach(server)).rejects.toThrow("ECONNREFUSED");
    expect((await kafka("down")).stdout).toBe("No Kafka of kafka:up is here.\n");
  },
  MS_MAX,
);

testWithOwnKafka(
  "kafka:up starts a node that has ended on the same port with its data, and only the person may read it",
  async () => {
    const { kafka, dir } = await person();
    const first = await kafka("up");
    const note = join(dir, "cluster", "node-1", "data", "meta.properties");
    const before = await readFile(note, "utf8");

    await endNode(join(dir, "cluster", "node-1"));
    const again = await kafka("up");

    expect(again.stdout).toBe(first.stdout.replace("is up:", "is up again, with its data:"));
    expect(await readFile(note, "utf8")).toBe(before);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, "cluster.json"))).mode & 0o777).toBe(0o600);
  },
  MS_MAX,
);

testWithOwnKafka(
  "kafka:down leaves a process alone that has the number of a node which is gone",
  async () => {
    const { kafka, dir } = await person();
    await kafka("up");
    const node = join(dir, "cluster", "node-1");
    await endNode(node);
    const stranger = spawn(process.execPath, ["--eval", "setInterval(() => {}, 60_000)"], { stdio: "ignore" });
    onTestFinished(() => {
      stranger.kill("SIGKILL");
    });
    await writeFile(join(node, "pid"), String(stranger.pid));

    const down = await kafka("down");

    expect(down).toMatchObject({ code: 0, stdout: "Kafka is down, and its data is gone.\n" });
    expect(stranger.signalCode).toBe(null);
    expect(stranger.kill(0)).toBe(true);
  },
  MS_MAX,
);

testWithOwnKafka("what nobody can start is refused with how to say it", async () => {
  const { kafka } = await person();

  const [nodes, word] = [await kafka("up", "--nodes", "2"), await kafka("left")];

  expect(nodes).toMatchObject({ code: 1, stdout: "" });
  expect(nodes.stderr).toContain("--nodes is 1 or 3, not 2.");
  expect(word.stderr).toContain("Usage: npm run kafka:up [-- --nodes 1|3], npm run kafka:down");
});

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody with a state folder of their own. */
async function person() {
  const home = await mkdtemp(join(tmpdir(), "kbroker-standing-"));
  const dir = join(home, "kbroker", "kafka");
  onTestFinished(async () => {
    await removeCluster(join(dir, "cluster"));
    await rm(home, { recursive: true, force: true });
  });
  const env = { ...process.env, XDG_STATE_HOME: home };
  const kafka = async (...args: readonly string[]): Promise<Finished> => {
    const child = spawn(process.execPath, ["--import", "tsx", SCRIPT, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = await once(child, "close");
    return { code: Number(code), stdout, stderr };
  };
  return { kafka, dir };
}

async function reach(server: string): Promise<void> {
  const [host, port] = server.split(":");
  const socket = connect(Number(port), host);
  await once(socket, "connect");
  socket.destroy();
}
