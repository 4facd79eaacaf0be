import type { Clock } from "../../domain/clock.ts";
import type { KBrokerError } from "../../domain/error.ts";
import type { Report } from "../../domain/report.ts";
import { diskFull } from "./fault.ts";
import type { Files } from "./journal/files.ts";

/** Keeps room on the disk for what the broker itself must write: cursors, parked messages, dead letters. */
export interface FreeSpace {
  /** Why a publisher's message is refused at present; looks at the disk again, in the background, when it has not for a while. */
  refusal(): KBrokerError | undefined;
  /** Looks at the disk now; fails with `disk_full` when it has too little room. */
  check(): Promise<void>;
  bytes(): Promise<number>;
}

export interface FreeSpaceOptions {
  readonly files: Files;
  readonly dir: string;
  readonly bytesMin: number;
  readonly clock: Clock;
  readonly report: Report;
}

/** How old the number may be; what is written within it is far less than the room that is kept. */
const AGE_MS_MAX = 500;

export async function watchFreeSpace({ files, dir, bytesMin, clock, report }: FreeSpaceOptions): Promise<FreeSpace> {
  let bytes = await files.freeBytes(dir);
  let askedMs = clock.monotonic();
  let asking = false;

  async function ask(): Promise<number> {
    const before = bytes;
    bytes = await files.freeBytes(dir);
    if (bytes < bytesMin && before >= bytesMin)
      report("error", "Too little room on disk: publishing is refused.", { dir, bytes });
    if (bytes >= bytesMin && before < bytesMin)
      report("info", "There is room on disk again: publishing goes on.", { dir, bytes });
    return bytes;
  }

  function askAgain(): void {
    asking = true;
    askedMs = clock.monotonic();
    ask()
      .catch((cause: unknown) =>
        report("warn", "The free space of the disk could not be read.", { cause: String(cause) }),
      )
      .finally(() => {
        asking = false;
      });
  }

  return {
    refusal() {
      const old = clock.monotonic() - askedMs >= AGE_MS_MAX || bytes < bytesMin;
      if (old && !asking) askAgain();
      return bytes < bytesMin ? diskFull(dir) : undefined;
    },
    async check() {
      if ((await ask()) < bytesMin) throw diskFull(dir);
    },
    bytes: ask,
  };
}
