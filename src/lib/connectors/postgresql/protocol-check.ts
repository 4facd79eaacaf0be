import { MessageReader } from "./message-reader.ts";

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
const TEXTS: ReadonlyMap<string, (body: MessageReader) => void> = new Map([
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
  let check: ((body: MessageReader) => void) | undefined;
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
    check?.(new MessageReader(Buffer.concat(pieces)));
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
function fields(body: MessageReader): void {
  while (body.uint8() !== 0) body.zeroEnded();
}

function texts(body: MessageReader, count: number): void {
  for (let index = 0; index < count; index++) body.zeroEnded();
}

function mechanisms(body: MessageReader): void {
  if (body.uint32() !== SASL) return;
  while (body.zeroEnded() !== "");
}

function columns(body: MessageReader): void {
  const count = body.uint16();
  for (let index = 0; index < count; index++) {
    body.zeroEnded();
    body.skip(COLUMN_BYTES);
  }
}
