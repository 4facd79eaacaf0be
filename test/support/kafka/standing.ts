import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { prepareClassArchive } from "./archive.ts";
import { type Cluster, createCluster, knownCluster, removeCluster } from "./cluster.ts";
import { locked } from "./lock.ts";
import { kafkaProgram, type Program } from "./program.ts";

const [CLUSTER, STATE] = ["cluster", "cluster.json"];
const NODES_MAX = 3;
const remembered = z.object({
  dir: z.string(),
  ports: z
    .array(z.object({ CLIENT: z.number(), CONTROLLER: z.number() }))
    .min(1)
    .max(NODES_MAX),
});

export interface StandingOptions {
  /** Holds all of it: what was started, its data, its logs. Left out: `$XDG_STATE_HOME/kbroker/kafka`. */
  readonly stateDir?: string;
}

export interface UpOptions extends StandingOptions {
  /** Left out: as many as there are, else 1. */
  readonly nodes?: 1 | 3 | undefined;
  /** Told of what takes a while. */
  readonly report: (text: string) => void;
}

export interface Up {
  readonly bootstrap: readonly string[];
  readonly dir: string;
  /** `again`: some of its nodes had ended. */
  readonly outcome: "new" | "again" | "already";
}

/** The one cluster for trying things: it stays until `downKafka`, over logouts and reboots with its data. */
export async function upKafka({ nodes, stateDir = defaultStateDir(), report }: UpOptions): Promise<Up> {
  const program = await kafkaProgram({ report });
  await prepareClassArchive(program, report);
  return locked(stateDir, async () => {
    const known = await recall(program, stateDir);
    if (known === undefined) return create({ program, stateDir, nodes: nodes ?? 1 });
    if (nodes !== undefined && known.nodes.length !== nodes)
      throw new Error(
        `A cluster of ${known.nodes.length === 1 ? "1 node" : "3 nodes"} is there already. End it first: npm run kafka:down`,
      );
    const running = await Promise.all(known.nodes.map((node) => node.isRunning()));
    await known.start().catch((cause: unknown) => {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${said}\nTo begin anew, without its data: npm run kafka:down`, { cause });
    });
    return { bootstrap: known.bootstrap, dir: known.dir, outcome: running.every(Boolean) ? "already" : "again" };
  });
}

/** Ends what `upKafka` started, and nothing else, and removes its data. Whether there was anything. */
export async function downKafka({ stateDir = defaultStateDir() }: StandingOptions = {}): Promise<boolean> {
  if (!existsSync(stateDir)) return false;
  return locked(stateDir, async () => {
    const was = existsSync(join(stateDir, CLUSTER));
    await clear(stateDir);
    return was;
  });
}

function defaultStateDir(): string {
  const base = process.env.XDG_STATE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".local", "state") : base, "kbroker", "kafka");
}

async function create({ program, stateDir, nodes }: { program: Program; stateDir: string; nodes: 1 | 3 }): Promise<Up> {
  await clear(stateDir);
  const { bootstrap, dir, ports } = await createCluster({ program, dir: join(stateDir, CLUSTER), nodes });
  await writeFile(join(stateDir, STATE), `${JSON.stringify({ dir, ports }, null, 2)}\n`, { mode: 0o600 });
  return { bootstrap, dir, outcome: "new" };
}

async function recall(program: Program, stateDir: string): Promise<Cluster | undefined> {
  const file = join(stateDir, STATE);
  if (!existsSync(file)) return undefined;
  const { dir, ports } = remembered.parse(JSON.parse(await readFile(file, "utf8")));
  return knownCluster({ program, dir, ports });
}

/** Also what an `up` left that was ended in the middle. */
async function clear(stateDir: string): Promise<void> {
  await removeCluster(join(stateDir, CLUSTER));
  await rm(join(stateDir, STATE), { force: true });
}
