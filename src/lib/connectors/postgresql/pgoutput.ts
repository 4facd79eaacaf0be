import type { UpdatedRow } from "./events.ts";
import { type Lsn, lsnOf } from "./lsn.ts";
import { MessageReader } from "./message-reader.ts";
import type { Relation, RelationColumn, Row } from "./relation.ts";
import { VALUE_LENGTH_MAX } from "./values.ts";

/** What `pgoutput` (protocol 1) says, as far as it is asked here. Values are the texts that PostgreSQL writes. */
export type WalMessage =
  | { readonly kind: "begin"; readonly commitLsn: Lsn; readonly timeMs: number; readonly xid: number }
  | { readonly kind: "commit"; readonly endLsn: Lsn }
  | { readonly kind: "relation"; readonly oid: number; readonly relation: Relation }
  | { readonly kind: "insert"; readonly oid: number; readonly row: Row }
  | { readonly kind: "update"; readonly oid: number; readonly row: UpdatedRow }
  | { readonly kind: "delete"; readonly oid: number; readonly row: RemovedRow }
  | { readonly kind: "truncate"; readonly oids: readonly number[] }
  /** Origins, types, messages of programs: nothing of it is a change. */
  | { readonly kind: "other" }
  | { readonly kind: "broken"; readonly error: unknown };

/** What is told of a row before its change. */
type RemovedRow = Omit<UpdatedRow, "new">;

const OTHER: WalMessage = { kind: "other" };
/** PostgreSQL's epoch, 2000-01-01. */
const EPOCH_MS = 946_684_800_000;
const TWO_32 = 4_294_967_296;

const IDENTITIES: Readonly<Record<string, Relation["identity"]>> = {
  d: "default",
  n: "nothing",
  f: "full",
  i: "index",
};

/**
 * Reads messages of one stream, in order. The library's own parser is not used: it drops a byte order mark at the beginning of a text, takes
 * ids over 2^31 for negative ones, and gives values to parsers that round them. Never throws: where it is called, nobody would catch it.
 */
export function pgoutputDecoder(): (bytes: Buffer) => WalMessage {
  const relations = new Map<number, readonly RelationColumn[]>();
  return (bytes) => {
    try {
      return decode(new Reader(bytes), relations);
    } catch (error) {
      return { kind: "broken", error };
    }
  };
}

type Columns = Map<number, readonly RelationColumn[]>;

function decode(reader: Reader, relations: Columns): WalMessage {
  switch (reader.letter()) {
    case "I":
      return insert(reader, relations);
    case "U":
      return update(reader, relations);
    case "D":
      return remove(reader, relations);
    case "B":
      return { kind: "begin", commitLsn: reader.lsn(), timeMs: reader.timeMs(), xid: reader.uint32() };
    case "C":
      return commit(reader);
    case "R":
      return relation(reader, relations);
    case "T":
      return truncate(reader);
    case "O":
    case "Y":
    case "M":
      return OTHER;
    default:
      throw new Error(`pgoutput sent a message of an unknown kind: ${reader.start()}.`);
  }
}

function insert(reader: Reader, relations: Columns): WalMessage {
  const oid = reader.uint32();
  reader.letter();
  return { kind: "insert", oid, row: tuple(reader, columnsOf(oid, relations)) };
}

function update(reader: Reader, relations: Columns): WalMessage {
  const oid = reader.uint32();
  const columns = columnsOf(oid, relations);
  const before = removedRow(reader, columns);
  if (before !== NOT_TOLD) reader.letter();
  return { kind: "update", oid, row: { ...before, new: tuple(reader, columns) } };
}

function remove(reader: Reader, relations: Columns): WalMessage {
  const oid = reader.uint32();
  return { kind: "delete", oid, row: removedRow(reader, columnsOf(oid, relations)) };
}

const NOT_TOLD: RemovedRow = { old: null, key: null };

/** `K`: the columns of the replica identity alone, `O`: the whole row, `N`: nothing, the new row follows. */
function removedRow(reader: Reader, columns: readonly RelationColumn[]): RemovedRow {
  const part = reader.letter();
  if (part === "N") return NOT_TOLD;
  if (part === "O") return { old: tuple(reader, columns), key: null };
  return { old: null, key: tuple(reader, columns, true) };
}

function commit(reader: Reader): WalMessage {
  reader.skip(1 + 8);
  return { kind: "commit", endLsn: reader.lsn() };
}

function relation(reader: Reader, relations: Columns): WalMessage {
  const oid = reader.uint32();
  const schema = reader.zeroEnded();
  const table = reader.zeroEnded();
  const letter = reader.letter();
  const identity = IDENTITIES[letter];
  if (identity === undefined) throw new Error(`pgoutput sent an unknown replica identity: ${letter}.`);
  const columns = Array.from({ length: reader.uint16() }, () => column(reader));
  relations.set(oid, columns);
  return { kind: "relation", oid, relation: { schema, table, identity, columns } };
}

function column(reader: Reader): RelationColumn {
  const isKey = (reader.uint8() & 1) === 1;
  const name = reader.zeroEnded();
  const typeOid = reader.uint32();
  reader.skip(4);
  return { name, typeOid, isKey };
}

function truncate(reader: Reader): WalMessage {
  const count = reader.uint32();
  reader.skip(1);
  return { kind: "truncate", oids: Array.from({ length: count }, () => reader.uint32()) };
}

function columnsOf(oid: number, relations: Columns): readonly RelationColumn[] {
  const columns = relations.get(oid);
  if (columns === undefined) throw new Error(`pgoutput sent a row of relation ${oid}, which it never described.`);
  return columns;
}

/** A key alone comes as a whole row of which the other columns are null: they are left out. */
function tuple(reader: Reader, columns: readonly RelationColumn[], isKeyOnly = false): Row {
  const row: Record<string, string | null | undefined> = Object.create(null);
  const count = reader.uint16();
  for (let index = 0; index < count; index++) {
    const found = columns[index];
    if (found === undefined) throw new Error("pgoutput sent a row with more columns than its relation has.");
    const value = reader.value();
    if (!isKeyOnly || found.isKey) row[found.name] = value;
  }
  return row;
}

class Reader extends MessageReader {
  letter(): string {
    return String.fromCharCode(this.uint8());
  }

  lsn(): Lsn {
    return lsnOf(this.uint32(), this.uint32());
  }

  /** Microseconds on the wire. */
  timeMs(): number {
    return Math.floor((this.uint32() * TWO_32 + this.uint32()) / 1000) + EPOCH_MS;
  }

  /** `undefined`: a value out of line that the change left as it was. */
  value(): string | null | undefined {
    const kind = this.letter();
    if (kind === "n") return null;
    if (kind === "u") return undefined;
    if (kind !== "t") throw new Error(`pgoutput sent a value of an unknown kind: ${kind}.`);
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.bytes.length) throw new Error("pgoutput sent a value that ends before its length.");
    const text = this.bytes.toString("utf8", this.at, Math.min(end, this.at + VALUE_LENGTH_MAX));
    this.at = end;
    return text;
  }

  start(): string {
    return this.bytes.toString("hex", 0, Math.min(this.bytes.length, 16));
  }
}
