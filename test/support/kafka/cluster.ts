import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../certificate.ts";
import { formatStorage } from "./format.ts";
import { endNode, type KafkaNode, kafkaNode } from "./node.ts";
import { freePorts } from "./ports.ts";
import type { Program } from "./program.ts";
import { address, LISTENERS, type Listener, type Ports, serverProperties } from "./properties.ts";

const ATTEMPTS_MAX = 5;
const PORT_TAKEN = /Address already in use|BindException/;

export interface ClusterOptions {
  readonly program: Program;
  /** An empty folder for all of it. Left out: a temporary one. */
  readonly dir?: string;
  readonly nodes?: 1 | 3;
  /** Name → password, of letters and digits. Where there are any, those who come encrypted or with a password are served as well: `secured`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Over the settings of every node, such as `{ "group.initial.rebalance.delay.ms": "3000" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More for Java. */
  readonly javaOptions?: readonly string[];
}

/** `host:port` of each node, for those who encrypt, who give a password (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and who do both. */
export interface Secured {
  readonly tls: readonly string[];
  readonly sasl: readonly string[];
  readonly saslTls: readonly string[];
  /** What certifies each node (it does so itself). */
  readonly caFile: string;
}

/** Its nodes keep their ports and their data over every stop, crash and start. */
export interface Cluster {
  readonly dir: string;
  readonly ports: readonly Ports[];
  /** `host:port` of each node: no encryption, nobody has to say who they are. */
  readonly bootstrap: readonly string[];
  /** There with users. */
  readonly secured: Secured | undefined;
  readonly nodes: readonly KafkaNode[];
  /** Starts the nodes that do not run. */
  start(): Promise<void>;
  /** Ends the nodes, whatever they do, and removes everything. */
  close(): Promise<void>;
}

/** A new cluster, empty and ready. Where it does not come up nothing is left. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), "kbroker-kafka-")));
  const listeners: readonly Listener[] = options.users === undefined ? ["CLIENT", "CONTROLLER"] : LISTENERS;
  for (let attempt = 1; ; attempt++) {
    const ports = await freePorts({ nodes: options.nodes ?? 1, listeners });
    const cluster = knownCluster({ ...options, dir, ports });
    try {
      await prepare(cluster, options);
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.close();
      // Somebody took one of the ports between the look and the start.
      if (attempt === ATTEMPTS_MAX || !(error instanceof Error && PORT_TAKEN.test(error.message))) throw error;
    }
  }
}

/** One that was created before, by whichever process. */
export function knownCluster({
  program,
  dir,
  ports,
  javaOptions = [],
}: Pick<ClusterOptions, "program" | "javaOptions"> & { dir: string; ports: readonly Ports[] }): Cluster {
  const nodes = ports.map((_, index) =>
    kafkaNode({ program, id: index + 1, dir: join(dir, `node-${index + 1}`), javaOptions }),
  );
  const at = (listener: Listener) => ports.map((own) => address(own, listener));
  return {
    dir,
    ports,
    bootstrap: at("CLIENT"),
    secured:
      ports[0]?.TLS === undefined
        ? undefined
        : { tls: at("TLS"), sasl: at("SASL"), saslTls: at("SASLTLS"), caFile: join(dir, "server.crt") },
    nodes,
    async start() {
      await Promise.all(nodes.map((node) => node.start()));
    },
    close: () => removeCluster(dir),
  };
}

/** Ends the nodes whose folders are there, whatever they do, and removes everything. */
export async function removeCluster(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const folders = (await readdir(dir)).filter((name) => name.startsWith("node-"));
  await Promise.all(folders.map((name) => endNode(join(dir, name))));
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

async function prepare(cluster: Cluster, { program, settings = {}, users = {} }: ClusterOptions): Promise<void> {
  const { nodes, ports } = cluster;
  await mkdir(cluster.dir, { recursive: true, mode: 0o700 });
  const pemFile = cluster.secured === undefined ? undefined : await identity(cluster.dir);
  for (const { id, dir } of nodes) {
    await mkdir(dir, { mode: 0o700 });
    const text = serverProperties({ id, dataDir: join(dir, "data"), ports, users, pemFile, settings });
    await writeFile(join(dir, "server.properties"), text, { mode: 0o600 });
  }
  await formatStorage({ program, nodes, users });
}

/** Key and certificate in one file, as Kafka takes them. */
async function identity(dir: string): Promise<string> {
  const { cert, key } = await makeCertificate(dir);
  const file = join(dir, "server.pem");
  await writeFile(file, (await readFile(key, "utf8")) + (await readFile(cert, "utf8")), { mode: 0o600 });
  return file;
}
