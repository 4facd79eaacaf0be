import type { Client } from "pg";
import { pgoutputDecoder, type WalMessage } from "./pgoutput.ts";
import { identifier } from "./words.ts";

/** The protocol's "we send no more". */
const COPY_DONE = Uint8Array.of(0x63, 0, 0, 0, 4);

/** What the library runs `pgoutput` with. */
export interface ReplicationPlugin {
  readonly options: undefined;
  readonly name: string;
  start(client: Client, slot: string, lsn: string): Promise<unknown>;
  parse(bytes: Buffer): WalMessage;
  /** Messages so far. */
  readonly received: number;
  /** Tells the server that we are done: it lets go of the slot and ends the stream. */
  goodbye(): void;
}

/**
 * Not the library's own: that folds the publication's name to lower case, asks for options that older servers do not know, and reads
 * values as JavaScript's.
 */
export function replicationPlugin(publication: string): ReplicationPlugin {
  const decode = pgoutputDecoder();
  let received = 0;
  let client: Client | undefined;
  return {
    options: undefined,
    name: "pgoutput",
    get received() {
      return received;
    },
    start(started, slot, lsn) {
      client = started;
      // The grammar of replication commands knows no escapes but the doubled quote.
      const names = `'${identifier(publication).replaceAll("'", "''")}'`;
      return started.query(
        `START_REPLICATION SLOT ${identifier(slot)} LOGICAL ${lsn} (proto_version '1', publication_names ${names})`,
      );
    },
    parse(bytes) {
      received += 1;
      return decode(bytes);
    },
    goodbye() {
      client?.connection.stream.write(COPY_DONE);
    },
  };
}
