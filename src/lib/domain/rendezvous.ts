import type { NodeName } from "./node.ts";

/**
 * Which of the nodes is to own a resource: every node that knows the same nodes names the same one, without asking anybody, and one that
 * comes or goes moves only its own share. `undefined`: no node owns anything (none has the role `outbox`).
 */
export function ownerAmong<N extends Pick<NodeName, "id" | "roles">>(
  nodes: readonly N[],
  resource: string,
): N | undefined {
  let best: { readonly node: N; readonly score: number } | undefined;
  for (const node of nodes) {
    if (!node.roles.includes("outbox")) continue;
    const score = scoreOf(`${node.id}\n${resource}`);
    const isBetter = best === undefined || score > best.score || (score === best.score && node.id < best.node.id);
    if (isBetter) best = { node, score };
  }
  return best?.node;
}

/** FNV-1a, then the mixer of MurmurHash3: names that differ in their last letter must not have scores that are close together. */
function scoreOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
