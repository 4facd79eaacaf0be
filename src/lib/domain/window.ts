const WINDOW_START = 4;
const WINDOW_SHRINK = 0.7;

/** What is remembered of a window. */
export interface WindowState {
  readonly size: number;
  /** No bad sign was met yet: it doubles. */
  readonly isDoubling: boolean;
}

/**
 * How many pushes may be in flight at once. Doubles with each clean round trip until the first bad sign, from then on grows by one; a bad
 * sign takes three tenths away, once in a round trip. It grows only where it was used: a quiet topic says nothing about what an endpoint
 * bears. A round trip is from a push to the end of the first one that began after it; a push is known by its ticket, which counts.
 */
export interface Window {
  readonly size: number;
  readonly state: WindowState;
  /** The ticket that the next push gets. */
  readonly nextTicket: number;
  /** A push begins. */
  begin(): number;
  /** More would have been sent if there had been room. */
  full(): void;
  /** A push ended and said nothing against the endpoint. */
  clean(ticket: number): void;
  /** 429, 502, 503, 504, a timeout, a broken or missing connection. */
  bad(ticket: number): void;
  /** Nothing is known any more: what was sent before says nothing about what comes. */
  restart(): void;
  /** No more than this from now on. */
  limit(max: number): void;
}

/** Counters only: it is asked and told once or twice a push. */
export function window(maxAtFirst: number, known: WindowState = { size: WINDOW_START, isDoubling: true }): Window {
  let max = maxAtFirst;
  let size = Math.max(1, Math.min(known.size, max));
  let isDoubling = known.isDoubling;
  let nextTicket = 0;
  /** The end of a push with this ticket or a later one ends the round trip. */
  let roundFrom = 0;
  /** Pushes before it were under way already when the window last shrank or began anew: they tell nothing new. */
  let newsFrom = 0;
  let wasFull = false;

  function beginRound(): void {
    roundFrom = nextTicket;
    wasFull = false;
  }

  return {
    get size() {
      return size;
    },
    get state() {
      return { size, isDoubling };
    },
    get nextTicket() {
      return nextTicket;
    },
    begin() {
      nextTicket += 1;
      return nextTicket - 1;
    },
    full() {
      wasFull = true;
    },
    clean(ticket) {
      if (ticket < roundFrom) return;
      if (wasFull) size = Math.min(max, isDoubling ? size * 2 : size + 1);
      beginRound();
    },
    bad(ticket) {
      if (ticket < newsFrom) return;
      size = Math.max(1, Math.floor(size * WINDOW_SHRINK));
      isDoubling = false;
      newsFrom = nextTicket;
      beginRound();
    },
    restart() {
      size = Math.min(max, WINDOW_START);
      isDoubling = true;
      newsFrom = nextTicket;
      beginRound();
    },
    limit(changed) {
      max = changed;
      size = Math.min(size, max);
    },
  };
}
