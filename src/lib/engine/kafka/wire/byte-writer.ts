/** Writes into bytes that are known to suffice. */
export interface ByteWriter {
  int8(value: number): void;
  int16(value: number): void;
  int32(value: number): void;
  int64(value: number): void;
  /** Of variable length, signed. */
  varint(value: number): void;
  /** Of variable length, not negative. */
  unsigned(value: number): void;
  /** With its length before it; `null` has the length -1. */
  bytes(value: Uint8Array | null): void;
  /** As it is. */
  raw(value: Uint8Array): void;
  text(value: string): void;
  written(): Buffer;
}

export function byteWriter(target: Buffer): ByteWriter {
  let at = 0;

  function unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      target[at] = (rest % 0x80) | 0x80;
      at += 1;
      rest = Math.floor(rest / 0x80);
    }
    target[at] = rest;
    at += 1;
  }

  const varint = (value: number) => unsigned(value >= 0 ? value * 2 : -value * 2 - 1);

  function raw(value: Uint8Array): void {
    target.set(value, at);
    at += value.length;
  }

  return {
    int8(value) {
      at = target.writeInt8(value, at);
    },
    int16(value) {
      at = target.writeInt16BE(value, at);
    },
    int32(value) {
      at = target.writeInt32BE(value, at);
    },
    int64(value) {
      at = target.writeBigInt64BE(BigInt(value), at);
    },
    varint,
    unsigned,
    raw,
    bytes(value) {
      varint(value === null ? -1 : value.length);
      if (value !== null) raw(value);
    },
    text(value) {
      varint(Buffer.byteLength(value));
      at += target.write(value, at);
    },
    written: () => target.subarray(0, at),
  };
}

export function varintBytes(value: number): number {
  let [bytes, rest] = [1, value >= 0 ? value * 2 : -value * 2 - 1];
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
