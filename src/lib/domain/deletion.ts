/**
 * The mark of a document whose thing was deleted: from the moment it is durable the thing is gone to everybody. What belongs to it is
 * removed after that, step by step, and the document last; whoever finds the mark, after a crash too, does the rest.
 */
export interface Deletion {
  readonly atMs: number;
  /** Dead letter topics that nobody uses afterwards go, too. */
  readonly purgeErrors: boolean;
}
