import { randomUUID } from "node:crypto";

/** Ids in the form of UUID version 7: 48 bits of time, then chance. So ids sort by when they were made, to the millisecond. */
export function timeOrderedIds(now: () => number): () => string {
  return () => {
    const time = now().toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${randomUUID().slice(15)}`;
  };
}
