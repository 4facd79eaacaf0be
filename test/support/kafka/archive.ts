import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { createCluster } from "./cluster.ts";
import type { Program } from "./program.ts";

/**
 * Keeps what Java loads and checks at each start, once, from a node that starts and stops: later starts take half the time. Throws where it
 * cannot be had; Kafka starts without it as well.
 */
export async function makeClassArchive(program: Program): Promise<void> {
  if (existsSync(program.archiveFile)) return;
  // Of two at the same time one wins: each writes a draft of its own.
  const draft = `${program.archiveFile}.${process.pid}`;
  try {
    const cluster = await createCluster({ program, javaOptions: [`-XX:ArchiveClassesAtExit=${draft}`] });
    try {
      await cluster.nodes[0]?.stop();
    } finally {
      await cluster.close();
    }
    await rename(draft, program.archiveFile);
  } finally {
    await rm(draft, { force: true });
  }
}
