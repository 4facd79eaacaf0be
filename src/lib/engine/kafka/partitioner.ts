const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;
const POSITIVE = 0x7fffffff;

/**
 * Where a record goes: by its key as Java's default partitioner has it, so that producers of Kafka itself put the same key into the same
 * partition; without a key by its id, so that one id lies in one partition.
 */
export function partitionOf(id: string, key: Uint8Array | null, count: number): number {
  return (murmur2(key ?? Buffer.from(id)) & POSITIVE) % count;
}

/** As `org.apache.kafka.common.utils.Utils.murmur2`: 32 bits, signed. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  const byte = (at: number) => bytes[at] ?? 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    word = Math.imul(word, MIX);
    word ^= word >>> 24;
    hash = Math.imul(hash, MIX) ^ Math.imul(word, MIX);
  }
  const rest = length - at;
  if (rest >= 3) hash ^= byte(at + 2) << 16;
  if (rest >= 2) hash ^= byte(at + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(at), MIX);
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
}
