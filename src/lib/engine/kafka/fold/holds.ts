/** Who owns a resource, as the owner told. */
export interface HoldRecord {
  readonly resource: string;
  readonly epoch: number;
  /** The node's id. */
  readonly node: string;
  /** Wall time. */
  readonly sinceMs: number;
  /** It has let go: stopped, drained, committed. */
  readonly isReleased: boolean;
}

/** Folded on every node; of each resource the record with the highest epoch. */
export interface Holds {
  of(resource: string): HoldRecord | undefined;
  all(): Iterable<HoldRecord>;
  /** Durable, and folded here, when it resolves. One with a lower epoch than the known one changes nothing. */
  put(record: HoldRecord): Promise<void>;
  /** Nobody owns it any more, nor will. */
  forget(resource: string): Promise<void>;
  watch(tell: (resource: string) => void): () => void;
}
