import type { Operation } from "./recorded-files.ts";

type Unsynced = Extract<Operation, { kind: "write" | "truncate" }>;

/** What a power cut leaves of the operations that no sync had made durable. */
export interface Leaves {
  readonly name: string;
  /** Whether names that were made or removed since the folder was synced are so after the cut. */
  readonly names: boolean;
  /** What is in a file, of what was durable in it and what was not. */
  readonly contents: (durable: Buffer, unsynced: readonly Unsynced[]) => Buffer;
}

/** Every kind of loss; `share`, from 0 to 1, says where a write is torn. */
export function everyLoss(share: number): readonly Leaves[] {
  const torn = (bytes: Buffer) => Math.floor(bytes.length * share);
  const contents: Record<string, Leaves["contents"]> = {
    "nothing unsynced": (durable) => durable,
    "all that was done": (durable, unsynced) => unsynced.reduce(apply, durable),
    "all but the last thing that was done": (durable, unsynced) => unsynced.slice(0, -1).reduce(apply, durable),
    "only the last thing that was done": (durable, unsynced) => unsynced.slice(-1).reduce(apply, durable),
    "the front of the last write": lastWrite((bytes) => bytes.subarray(0, torn(bytes))),
    "zeros, then the end of the last write": lastWrite((bytes) => Buffer.from(bytes).fill(0, 0, torn(bytes))),
    "the front of the last write, then zeros": lastWrite((bytes) => Buffer.from(bytes).fill(0, torn(bytes))),
    "only zeros in the last write": lastWrite((bytes) => Buffer.alloc(bytes.length)),
  };
  return [true, false].flatMap((names) =>
    Object.entries(contents).map(([name, leave]) => ({
      name: `${name}, names ${names ? "as they were" : "as last synced"}`,
      names,
      contents: leave,
    })),
  );
}

/** The folder's files after a power cut behind these operations. */
export function afterPowerCut(operations: readonly Operation[], leaves: Leaves): ReadonlyMap<string, Buffer> {
  const inodes = new Map<number, { durable: Buffer; unsynced: Unsynced[] }>();
  const inode = (file: number) => {
    const found = inodes.get(file) ?? { durable: Buffer.alloc(0), unsynced: [] };
    inodes.set(file, found);
    return found;
  };
  const names = new Map<string, number>();
  let syncedNames = new Map<string, number>();
  for (const operation of operations) {
    if (operation.kind === "create") names.set(operation.name, operation.file);
    else if (operation.kind === "unlink") names.delete(operation.name);
    else if (operation.kind === "syncFolder") syncedNames = new Map(names);
    else if (operation.kind === "sync") {
      const { durable, unsynced } = inode(operation.file);
      inodes.set(operation.file, { durable: unsynced.reduce(apply, durable), unsynced: [] });
    } else inode(operation.file).unsynced.push(operation);
  }
  const left = leaves.names ? names : syncedNames;
  return new Map(
    [...left].map(([name, file]) => {
      const { durable, unsynced } = inode(file);
      return [name, leaves.contents(durable, unsynced)];
    }),
  );
}

/** All that was not synced is done but for the last write, of which `left` says what the disk has. */
function lastWrite(left: (bytes: Buffer) => Buffer): Leaves["contents"] {
  return (durable, unsynced) => {
    const last = unsynced.at(-1);
    const before = unsynced.slice(0, -1).reduce(apply, durable);
    if (last === undefined) return durable;
    return apply(before, last.kind === "write" ? { ...last, bytes: left(last.bytes) } : last);
  };
}

function apply(contents: Buffer, operation: Unsynced): Buffer {
  const size = operation.kind === "truncate" ? operation.size : operation.position + operation.bytes.length;
  const sized = operation.kind === "truncate" ? size : Math.max(size, contents.length);
  const result = Buffer.alloc(sized);
  contents.copy(result);
  if (operation.kind === "write") operation.bytes.copy(result, operation.position);
  return result;
}
