import { prepareClassArchive } from "./archive.ts";
import type { Cluster } from "./cluster.ts";
import { kafkaProgram, NoKafka, type Program } from "./program.ts";
import { openKafka } from "./watched.ts";

const GIVEN_HINT = "Or name one that is there: KBROKER_TEST_KAFKA=host:port.";

/** The Kafka of one run of the tests. */
export interface RunOfKafka {
  /** Why none can be had here, said once, loudly. Undefined: all is there that it needs. */
  missing(): Promise<string | undefined>;
  /** Once it is ready: the first who asks starts it. */
  bootstrap(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function runOfKafka(): RunOfKafka {
  let looked: Promise<string | undefined> | undefined;
  let program: Program | undefined;
  let started: Promise<Cluster> | undefined;

  async function look(): Promise<string | undefined> {
    try {
      program = await kafkaProgram({ report });
      await prepareClassArchive(program, report);
      return undefined;
    } catch (error) {
      if (!(error instanceof NoKafka)) throw error;
      if (process.env.KBROKER_REQUIRE_KAFKA !== "1")
        console.warn(`SKIPPED: tests that need Kafka. ${error.message} ${GIVEN_HINT}`);
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
      if (program === undefined) throw new Error(reason);
      started ??= openKafka({ program });
      return (await started).bootstrap;
    },
    async close() {
      await looked?.catch(() => {});
      await (await started?.catch(() => undefined))?.close();
    },
  };
}

function report(text: string): void {
  console.warn(text);
}
