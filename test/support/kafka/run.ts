import type { Cluster } from "./cluster.ts";
import { kafkaProgram, NoKafka } from "./program.ts";
import { openKafka } from "./watched.ts";

/** The Kafka of one run of the tests. */
export interface RunOfKafka {
  /** Why none can be had here, undefined: it can, and it starts now. Says it once, loudly. */
  missing(): Promise<string | undefined>;
  /** Once it is ready. */
  bootstrap(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function runOfKafka(): RunOfKafka {
  let looked: Promise<string | undefined> | undefined;
  let started: Promise<Cluster> | undefined;

  async function look(): Promise<string | undefined> {
    try {
      const program = await kafkaProgram();
      started = openKafka({ program });
      // Told to those who ask for it.
      started.catch(() => {});
      return undefined;
    } catch (error) {
      if (!(error instanceof NoKafka)) throw error;
      if (process.env.KBROKER_REQUIRE_KAFKA !== "1") console.warn(`SKIPPED: tests that need Kafka. ${error.message}`);
      return error.message;
    }
  }
  const missing = () => {
    looked ??= look();
    return looked;
  };

  return {
    missing,
    async bootstrap() {
      const reason = await missing();
      if (started === undefined) throw new Error(reason);
      return (await started).bootstrap;
    },
    async close() {
      await looked?.catch(() => {});
      await (await started?.catch(() => undefined))?.close();
    },
  };
}
