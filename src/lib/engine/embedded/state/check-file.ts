import { open } from "node:fs/promises";
import { KBrokerError } from "../../../domain/error.ts";
import { ignoreMissing } from "../journal/files.ts";

export const STATE_PAGE_BYTES = 8192;
/** The two first pages of an lmdb file: where in each its magic, its last page and its transaction stand. */
const MAGIC = 0xbeefc0de;
const [MAGIC_AT, LAST_PAGE_AT, TRANSACTION_AT] = [24, 144, 152];

/**
 * lmdb kills the process when it is handed a file that is none of its own or that was cut: so it is looked at first. A file that is
 * not there, or empty, is a new one. Fails with `data_unreadable`.
 */
export async function checkStateFile(path: string): Promise<void> {
  const file = await open(path).catch(ignoreMissing);
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    if (size === 0) return;
    const front = Buffer.alloc(2 * STATE_PAGE_BYTES);
    await file.read(front, 0, front.length, 0);
    const metas = [front.subarray(0, STATE_PAGE_BYTES), front.subarray(STATE_PAGE_BYTES)];
    if (metas.some((meta) => meta.readUInt32LE(MAGIC_AT) !== MAGIC)) throw unreadable(path, "is no state of kbroker");
    const newest = metas.reduce((a, b) => (transaction(b) > transaction(a) ? b : a));
    const pages = newest.readBigUInt64LE(LAST_PAGE_AT) + 1n;
    if (pages * BigInt(STATE_PAGE_BYTES) > BigInt(size)) throw unreadable(path, "was cut short");
  } finally {
    await file.close();
  }
}

function transaction(meta: Buffer): bigint {
  return meta.readBigUInt64LE(TRANSACTION_AT);
}

function unreadable(path: string, what: string): KBrokerError {
  return new KBrokerError("data_unreadable", `The file ${path} ${what}.`, {
    hint: "Put back the data directory from a backup, or give another one with --data-dir.",
  });
}
