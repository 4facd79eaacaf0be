/** Reads one message of PostgreSQL's protocol from its beginning on. Whatever is not there throws a `RangeError`. */
export class MessageReader {
  protected readonly bytes: Buffer;
  protected at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  uint8(): number {
    const value = this.bytes.readUInt8(this.at);
    this.at += 1;
    return value;
  }

  uint16(): number {
    const value = this.bytes.readUInt16BE(this.at);
    this.at += 2;
    return value;
  }

  uint32(): number {
    const value = this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  /** A text up to the zero at its end. */
  zeroEnded(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new RangeError("A text has no end.");
    const text = this.bytes.toString("utf8", this.at, end);
    this.at = end + 1;
    return text;
  }

  skip(count: number): this {
    this.at += count;
    if (this.at > this.bytes.length) throw new RangeError("A message ends before its content.");
    return this;
  }
}
