/** Limits of one message; each is enforced where a message enters, and named in the error. */
export const PAYLOAD_BYTES_MAX = 65_536;
export const PAYLOAD_DEPTH_MAX = 100;
export const KEY_BYTES_MAX = 256;
export const ATTRIBUTES_MAX = 32;
export const ATTRIBUTES_BYTES_MAX = 8_192;

/** What a caller may give as a message's id. */
export const MESSAGE_ID_PATTERN = /^[A-Za-z0-9_:-]{1,128}$/;

/** A name and a value, both printable ASCII (0x20–0x7E); the name is in lower case, as HTTP has it. */
export type Attribute = readonly [name: string, value: string];

/** What is particular to a record that a client of the storage wrote past kbroker. */
export interface Native {
  /** Its key, where that is not 1 to 256 bytes of printable ASCII: then the message has no `key`. */
  readonly keyBase64?: string;
}

/** What a publisher hands over. */
export interface Message {
  readonly id: string;
  readonly key?: string;
  /**
   * Set where nobody judged the record before it was stored: its payload may be anything. Only a storage that others write to gives
   * such records, and it keeps this for those that are appended again (as dead letters).
   */
  readonly native?: Native;
  readonly attributes: readonly Attribute[];
  /** As received: stored and delivered byte for byte. */
  readonly payload: Uint8Array;
}

/** A message that is durable in a shard. */
export interface StoredMessage extends Message {
  readonly offset: number;
  /** Publish time, milliseconds since the epoch; never goes back within a shard. */
  readonly timeMs: number;
  /**
   * Set where the caller gave the id and the engine may store repeats: a record with this id and with this set, at a lower offset of the
   * shard and not older than this, makes it a repeat, and nobody is pushed it.
   */
  readonly dedupeWindowMs?: number;
}
