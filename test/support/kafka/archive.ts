import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Program } from "./program.ts";
import { openKafka } from "./watched.ts";

/**
 * Keeps what Java loads and checks at each start, once, from a node that starts and stops: later starts take half the time. Where that cannot
 * be had, `report` is told why, and Kafka starts without it.
 */
export async function prepareClassArchive(program: Program, report: (text: string) => void): Promise<void> {
  if (existsSync(program.archiveFile)) return;
  report("Kafka's classes are prepared for faster starts: once.");
  try {
    await makeClassArchive(program.archiveFile, program);
  } catch (error) {
    report(`They are not: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of two at the same time one wins: each writes a draft of its own. */
async function makeClassArchive(file: string, program: Program): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    const cluster = await openKafka({ program, javaOptions: [`-XX:ArchiveClassesAtExit=${draft}`] });
    try {
      await cluster.nodes[0]?.stop();
    } finally {
      await cluster.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
