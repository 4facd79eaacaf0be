/** Owns connectors and does their work: appends what their sources yield, and tells the sources what is safe. */
export interface Connectors {
  /** Begins to own, and follows the catalog: what is created, paused, changed or deleted there takes effect by itself. */
  start(): Promise<void>;
  /** Reads nothing more, makes durable what was read, tells the sources, and lets go. */
  stop(): Promise<void>;
  /** For tests: resolves when nothing is under way and nothing happens before time passes or a source yields something. */
  idle(): Promise<void>;
}
