/** A place in the write-ahead log: bytes since its beginning. Compared and counted as a number, so exact up to the last bit. */
export type Lsn = bigint;

const HALF_BITS = 32n;
const HALF = 0xffff_ffffn;

/** From PostgreSQL's spelling, such as `16/B374D848`. */
export function parseLsn(text: string): Lsn {
  const found = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (found === null) throw new RangeError(`"${text}" is not an LSN.`);
  return (BigInt(`0x${found[1]}`) << HALF_BITS) | BigInt(`0x${found[2]}`);
}

/** PostgreSQL's spelling. */
export function lsnText(lsn: Lsn): string {
  return `${half(lsn >> HALF_BITS)}/${half(lsn & HALF)}`;
}

/** 16 digits, so that texts sort as the places do; for ids. */
export function lsnDigits(lsn: Lsn): string {
  return lsn.toString(16).padStart(16, "0");
}

/** From its two halves as they are on the wire. */
export function lsnOf(high: number, low: number): Lsn {
  return (BigInt(high) << HALF_BITS) | BigInt(low);
}

function half(value: bigint): string {
  return value.toString(16).toUpperCase();
}
