/** The type byte, and the length of what follows. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
/** PostgreSQL makes none that is longer. */
const MESSAGE_BYTES_MAX = 0x4000_0000;
/** Of a message of texts; 1 600 columns with the longest names are described in less. */
const TEXTS_BYTES_MAX = 1_048_576;
/** What follows the name of a column in its description. */
const COLUMN_BYTES = 18;
const SASL = 10;

/** By the type of the messages that have texts with a zero at their end: the driver reads on until it finds one. */
const TEXTS: ReadonlyMap<string, (body: Body) => void> = new Map([
  ["E", fields],
  ["N", fields],
  ["S", (body) => texts(body, 2)],
  ["C", (body) => texts(body, 1)],
  ["A", (body) => texts(body.skip(4), 2)],
  ["R", mechanisms],
  ["T", columns],
]);

/** Fails at what no server says, before the driver sees it. Takes the bytes of one connection, in whatever pieces they come. */
export function protocolCheck(): (bytes: Buffer) => void {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  let check: ((body: Body) => void) | undefined;
  let pieces: Buffer[] = [];

  function begin(): void {
    headerBytes = 0;
    const length = header.readUInt32BE(1);
    check = TEXTS.get(String.fromCharCode(header[0] ?? 0));
    const most = check === undefined ? MESSAGE_BYTES_MAX : TEXTS_BYTES_MAX;
    if (length < LENGTH_BYTES || length > most) throw new RangeError(`A message says that it has ${length} bytes.`);
    left = length - LENGTH_BYTES;
  }

  function end(): void {
    check?.(new Body(Buffer.concat(pieces)));
    check = undefined;
    pieces = [];
  }

  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      if (left === 0) {
        header[headerBytes] = bytes[at] ?? 0;
        headerBytes += 1;
        at += 1;
        if (headerBytes < HEADER_BYTES) continue;
        begin();
      } else {
        const piece = bytes.subarray(at, at + left);
        if (check !== undefined) pieces.push(piece);
        left -= piece.length;
        at += piece.length;
      }
      if (left === 0) end();
    }
  };
}

/** Pairs of a letter and a text, up to a zero. */
function fields(body: Body): void {
  while (body.byte() !== 0) body.text();
}

function texts(body: Body, count: number): void {
  for (let index = 0; index < count; index++) body.text();
}

function mechanisms(body: Body): void {
  if (body.uint32() !== SASL) return;
  while (body.text() > 0);
}

function columns(body: Body): void {
  const count = body.uint16();
  for (let index = 0; index < count; index++) {
    body.text();
    body.skip(COLUMN_BYTES);
  }
}

class Body {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  uint16(): number {
    const value = this.#bytes.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** Its length. */
  text(): number {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new RangeError("A text has no end.");
    const length = end - this.#at;
    this.#at = end + 1;
    return length;
  }

  skip(count: number): this {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError("A message ends before its content.");
    return this;
  }
}
