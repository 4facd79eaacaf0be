import { KBrokerError } from "../../domain/error.ts";

/** The one way down: after it nobody knows what is on disk, so that everything outstanding fails and the process ends. */
export interface FailStop {
  /** The failure, once there was one. */
  readonly failure: KBrokerError | undefined;
  /** Notes the first failure and tells the owner of the process; gives the error that everybody waiting gets. */
  fail(what: string, cause: unknown): KBrokerError;
  /** Throws once there was a failure. */
  check(): void;
}

export function createFailStop(onFatal: (error: KBrokerError) => void): FailStop {
  let failure: KBrokerError | undefined;
  return {
    get failure() {
      return failure;
    },
    fail(what, cause) {
      if (failure !== undefined) return failure;
      failure = new KBrokerError(
        "internal",
        `${what}: ${String(cause)}. The broker stops, as it cannot know what is on disk.`,
        {
          hint: "Mend the disk, then start the broker again: it recovers what was acknowledged.",
          cause,
        },
      );
      onFatal(failure);
      return failure;
    },
    check() {
      if (failure !== undefined) throw failure;
    },
  };
}

export function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

export function diskFull(dir: string, cause?: unknown): KBrokerError {
  return new KBrokerError("disk_full", `There is too little room on the disk of ${dir} for anything new.`, {
    hint: "Give the disk more room; it works again by itself.",
    cause,
  });
}
