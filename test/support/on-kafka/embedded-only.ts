const A_DIRECTORY = "A directory has one owner; on Kafka a second broker is another node.";
const A_DISK = "It makes the disk of the embedded engine full; Kafka's is not ours.";

/** Tests of the embedded engine itself, by file and name, with why they mean nothing on Kafka. All others of the second run are on both. */
export const EMBEDDED_ONLY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "test/e2e/demo-cdc.test.ts": {
    "the demo of a database's changes shows what it says and leaves nothing behind":
      "It counts what the topic holds after a kill; Kafka may hold a change again, which the owner then settles without a push.",
  },
  "test/e2e/http-process.test.ts": {
    "a second broker on one data directory exits with 8 and names it": A_DIRECTORY,
    "with --json one document on stdout says where the broker listens": "It tells the directory that is the default.",
  },
  "test/e2e/http-publish.test.ts": {
    "too much that waits for the disk is 429 with Retry-After, and nothing of it is kept":
      "It sets the embedded engine's own limit to 0; what waits for Kafka is bounded in test/lib/engine/kafka/produce/.",
    "a disk with too little room is 507, and what was stored is still delivered": A_DISK,
  },
  "test/faults/connector-tables.test.ts": {
    "a broker without room takes nothing, tells why, and goes on once there is room": A_DISK,
  },
};

/** `undefined`: it runs on Kafka as well. */
export function reasonNotOnKafka(file: string, name: string): string | undefined {
  const found = Object.entries(EMBEDDED_ONLY).find(([each]) => file.endsWith(each));
  return found?.[1][name];
}
