/** Puts it as the newest of all, and forgets the oldest over `countMax`. */
export function keepNewest<K, V>(map: Map<K, V>, [key, value]: readonly [K, V], countMax: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= countMax) return;
    map.delete(oldest);
  }
}
