const [BASIS, PRIME] = [0x811c9dc5, 0x01000193];

/** FNV-1a, 32 bits: tells payloads apart where nothing worse than a wrong count follows from two that look alike. */
export function digestOf(payload: Uint8Array): number {
  let hash = BASIS;
  for (const byte of payload) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
