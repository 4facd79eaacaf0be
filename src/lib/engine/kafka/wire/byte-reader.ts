/** Reads what lies in a batch of records. Fails with a RangeError behind its end, and never gives what is not there. */
export interface ByteReader {
  /** A signed number of variable length. */
  varint(): number;
  /** A length and so many bytes; `null`: none. */
  bytes(): Uint8Array | null;
  skip(count: number): void;
}

const LOW_BITS = 0x7f;
const HAS_MORE = 0x80;
const BYTES_OF_NUMBER_MAX = 10;

export function byteReader(source: Buffer): ByteReader {
  let at = 0;

  function varint(): number {
    let [value, factor] = [0, 1];
    for (let count = 0; count < BYTES_OF_NUMBER_MAX; count += 1) {
      const byte = source[at];
      if (byte === undefined) throw new RangeError("The bytes end in the middle of a number.");
      at += 1;
      value += (byte & LOW_BITS) * factor;
      if ((byte & HAS_MORE) === 0) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 128;
    }
    throw new RangeError("A number is too long.");
  }

  return {
    varint,
    bytes() {
      const length = varint();
      if (length < 0) return null;
      if (at + length > source.length) throw new RangeError("The bytes end in the middle of a field.");
      const found = source.subarray(at, at + length);
      at += length;
      return found;
    },
    skip(count) {
      at += count;
    },
  };
}
