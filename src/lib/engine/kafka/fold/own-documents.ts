/**
 * `kafka-topic/<topic id>`: which Kafka topic a topic is. `kafka-group/<consumer group>`: which subscription's it is. They lie
 * in the catalog's log, apart from the documents that the port knows.
 */
export type OwnKind = "kafka-topic" | "kafka-group";

/**
 * What the engine itself keeps in the catalog; read from memory. Each read and each append looks at it, so that no copies are made: whoever
 * gets a value leaves it as it is.
 */
export interface OwnDocuments {
  get(kind: OwnKind, name: string): unknown;
  list(kind: OwnKind): readonly (readonly [name: string, value: unknown])[];
  /** The first one of a name wins, on whichever node: the value that holds now is returned. Durable and folded here. */
  claim(kind: OwnKind, name: string, value: unknown): Promise<unknown>;
  delete(kind: OwnKind, name: string): Promise<void>;
  /** Resolves once this node has folded all that was durable anywhere when it was called. */
  caughtUp(): Promise<void>;
}
