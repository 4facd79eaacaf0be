import { KBrokerError } from "../../src/lib/domain/error.ts";
import { ROLES } from "../../src/lib/domain/node.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { memoryNodes } from "../../src/lib/engine/memory/nodes.ts";
import { memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { deferred } from "../support/promises.ts";
import type { Disk, Prepare } from "./check.ts";

export const prepareMemory: Prepare = async (clock, { shards }) => {
  const storage = memoryStorage();
  const { disk, sync } = heldDisk();
  const nodes = memoryNodes();
  const openNode = async (id: string) => {
    const node = { id, url: `http://${id}`, roles: ROLES };
    return { engine: memoryEngine({ clock, storage, nodes, sync, shards, node }), vanish: async () => nodes.kill(id) };
  };
  const open = async () => memoryEngine({ clock, storage, sync, shards });
  return { disk, shards, open, openNode, nodesSettleMs: 2_000 };
};

const START_MS = Date.UTC(2030, 5, 1);

/** The weakest that an engine may claim: it forgets ids when it closes, and its storage has a clock of its own, which runs. */
export const prepareForgetfulMemory: Prepare = async (clock, { shards }) => {
  const storage = memoryStorage();
  const { disk, sync } = heldDisk();
  let nowMs = START_MS;
  const storageTime = () => (nowMs += 3);
  return {
    ...{ disk, shards },
    open: async () => memoryEngine({ clock, storage, sync, shards, storageTime, remembers: "engine" }),
  };
};

function heldDisk(): { disk: Disk; sync: () => Promise<void> } {
  let written = Promise.resolve();
  const hold = () => {
    const gate = deferred();
    written = gate.promise;
    const end = (finish: () => void) => () => {
      written = Promise.resolve();
      finish();
    };
    return {
      letGo: end(() => gate.resolve()),
      fail: end(() => gate.reject(new KBrokerError("disk_full", "No room left."))),
    };
  };
  return { disk: { hold }, sync: () => written };
}
