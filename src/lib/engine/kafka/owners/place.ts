import type { Hold } from "./hold.ts";

/** What this node knows of one resource. */
export interface Place {
  readonly resource: string;
  isWanted: boolean;
  /** Let go of before anything else: it was unwanted, perhaps to be wanted again. */
  isToBeReleased: boolean;
  hold: Hold | undefined;
  /** What is to be done is being done. */
  running: Promise<void> | undefined;
  /** Another node owned it when this one was to take it: until when that is waited for, in monotonic time. */
  waitsUntilMs: number | undefined;
  /** It was lost, or could not be taken: nothing is tried before something is known. */
  isHeldOff: boolean;
  failuresInRow: number;
}

export function newPlace(resource: string): Place {
  return {
    resource,
    isWanted: false,
    isToBeReleased: false,
    hold: undefined,
    running: undefined,
    waitsUntilMs: undefined,
    isHeldOff: false,
    failuresInRow: 0,
  };
}
