import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type ClusterOptions, createCluster } from "./cluster.ts";
import { watchOver } from "./watchdog.ts";

/** A cluster in a temporary folder, which ends with `close` or with this process, however that ends. */
export async function openKafka(options: Omit<ClusterOptions, "dir">): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-kafka-"));
  const watchdog = watchOver(dir);
  try {
    const cluster = await createCluster({ ...options, dir });
    return {
      ...cluster,
      async close() {
        await cluster.close();
        watchdog.end();
      },
    };
  } catch (error) {
    watchdog.end();
    throw error;
  }
}
