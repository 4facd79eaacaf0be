import { DatabaseError } from "pg";
import type { DatabaseAddress } from "../../domain/connector.ts";
import type { Fault, FaultCode } from "../../domain/connector-report.ts";
import { hostPort, identifier, literal, placeOf, secretWords } from "./words.ts";

export interface SqlContext {
  readonly address: DatabaseAddress;
  readonly slot?: string;
}

interface Said extends SqlContext {
  /** The server's own words, without what quotes data. */
  readonly words: string;
}

interface Meaning {
  readonly code: FaultCode;
  /** Begins the message; the server's words follow. */
  readonly what: (said: Said) => string;
  readonly hint: (said: Said) => string;
}

const SETUP = "docs/postgresql-setup.md has every statement.";
const RESTART = "kbroker connector restart <name> --snapshot initial";
const AGAIN = "It is tried again by itself.";
const at = ({ address }: Said) => hostPort(address);
const place = ({ address }: Said) => placeOf(address);
const user = ({ address }: Said) => identifier(address.user);

const UNREACHABLE: Meaning = {
  code: "database_unreachable",
  what: (said) => `PostgreSQL at ${at(said)} takes no connection now`,
  hint: () => `${AGAIN} Should it go on, look into PostgreSQL's log.`,
};
const SLOT_LOST: Meaning = {
  code: "slot_lost",
  what: (said) => `Replication slot "${said.slot ?? "?"}" cannot be read any more in ${place(said)}`,
  hint: () => `Changes since the last position may be gone. Begin again with all rows: ${RESTART}`,
};
const WAL_LEVEL: Meaning = {
  code: "wal_level",
  what: (said) => `PostgreSQL at ${at(said)} does not write what logical replication needs`,
  hint: () => "ALTER SYSTEM SET wal_level = 'logical'; then restart PostgreSQL, and: kbroker connector resume <name>",
};
const PRIMARY: Meaning = {
  code: "database_unreachable",
  what: (said) => `PostgreSQL at ${at(said)} takes no writes: it is a standby, or set to read only`,
  hint: () => "Name the primary: kbroker connector update <name> --url postgresql://USER@HOST:PORT/DATABASE",
};
const TABLE: Meaning = {
  code: "table_missing",
  what: (said) => `A table is not there any more in ${place(said)}`,
  hint: () => "Create it again, or leave it out: kbroker connector update <name> --remove-table SCHEMA.TABLE",
};
const ROOM: Meaning = {
  code: "unexpected",
  what: (said) => `PostgreSQL at ${at(said)} has no room left for what was asked`,
  hint: () => `${AGAIN} Free space or memory there.`,
};
const LATER: Meaning = {
  code: "unexpected",
  what: (said) => `PostgreSQL at ${at(said)} did not get to it in time`,
  hint: () => `${AGAIN} See who holds locks: SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle';`,
};
const PUBLICATION: Meaning = {
  code: "publication_missing",
  what: (said) => `A publication is not there in ${place(said)}`,
  // The log is read with the publications of its time: one that is made later does not help over what was written without it.
  hint: () =>
    `Changes without it cannot be read. Create it again if somebody else looks after it (--publication), then begin again: ${RESTART}`,
};
const DENIED: Meaning = {
  code: "not_allowed",
  what: (said) => `User ${user(said)} may not do this in ${place(said)}`,
  hint: (said) =>
    `ALTER ROLE ${user(said)} REPLICATION; and GRANT USAGE on the schemas and SELECT on the tables to it; ${SETUP} ${AGAIN}`,
};
const ROW_SECURITY: Meaning = {
  code: "not_allowed",
  what: (said) => `Row security would hide rows from user ${user(said)} in ${place(said)}`,
  hint: (said) => `ALTER ROLE ${user(said)} BYPASSRLS; ${AGAIN}`,
};

/** Where a state means many things, the server's function tells; unlike its words it is not translated. */
const BY_ROUTINE: readonly { readonly state: string; readonly routine: RegExp; readonly meaning: Meaning }[] = [
  { state: "55000", routine: /^CheckLogicalDecodingRequirements$/, meaning: WAL_LEVEL },
  { state: "55000", routine: /Slot|Decoding|LogicalReplication/, meaning: SLOT_LOST },
  { state: "58P01", routine: /^(WalSnd|XLog|wal_segment)/, meaning: SLOT_LOST },
  { state: "42704", routine: /^ReplicationSlot/, meaning: SLOT_LOST },
  { state: "42704", routine: /^(get_publication_oid|GetPublicationByName)$/, meaning: PUBLICATION },
  { state: "42501", routine: /^check_enable_rls$/, meaning: ROW_SECURITY },
];

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, Meaning>> = {
  "28P01": {
    code: "authentication_failed",
    what: (said) => `PostgreSQL refuses the password for ${place(said)}`,
    hint: ({ address: { password } }) =>
      password === undefined
        ? "Name where the password is: kbroker connector update <name> --password-env NAME | --password-file FILE"
        : `It was taken from ${secretWords(password).words}; put the right one there. A file is read anew at each try, for a variable start the broker again.`,
  },
  "28000": {
    code: "authentication_failed",
    what: (said) => `PostgreSQL lets nobody in for ${place(said)}`,
    hint: (said) =>
      `Let the role log in (ALTER ROLE ${user(said)} LOGIN;), and give it a line in pg_hba.conf (hostssl ${said.address.database} ${said.address.user} ADDRESS-OF-THE-BROKER scram-sha-256), then: SELECT pg_reload_conf();`,
  },
  "3D000": {
    code: "database_unreachable",
    what: (said) => `PostgreSQL at ${at(said)} has no database "${said.address.database}"`,
    hint: ({ address }) =>
      `See which there are: psql -h ${address.host} -p ${address.port} -U ${address.user} -l; a connector keeps its database, so create another one for another database.`,
  },
  "42501": DENIED,
  "53300": {
    code: "database_unreachable",
    what: (said) => `PostgreSQL at ${at(said)} has no connection left for user ${user(said)}`,
    hint: () =>
      `Raise max_wal_senders or max_connections and restart PostgreSQL, or raise the role's CONNECTION LIMIT; who is there: SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2; ${AGAIN}`,
  },
  "53400": {
    code: "no_free_slot",
    what: (said) => `PostgreSQL at ${at(said)} has no replication slot left`,
    hint: () =>
      `Drop one that nobody needs (SELECT slot_name, active FROM pg_replication_slots; SELECT pg_drop_replication_slot('NAME');), or raise max_replication_slots and restart PostgreSQL. ${AGAIN}`,
  },
  "55006": {
    code: "slot_in_use",
    what: ({ slot, ...said }) => `Replication slot "${slot ?? "?"}" is in use in ${placeOf(said.address)}`,
    hint: ({ slot }) =>
      `${AGAIN} Who holds it: SELECT active_pid FROM pg_replication_slots WHERE slot_name = ${literal(slot ?? "")};`,
  },
  "42P01": TABLE,
  "3F000": TABLE,
  "25006": PRIMARY,
  "0A000": PRIMARY,
  "57P01": UNREACHABLE,
  "57P02": UNREACHABLE,
  "57P03": UNREACHABLE,
  "57P05": UNREACHABLE,
  "57014": LATER,
  "55P03": LATER,
  "40P01": LATER,
  "40001": LATER,
  "53000": ROOM,
  "53100": ROOM,
  "53200": ROOM,
  "08P01": {
    code: "database_unreachable",
    what: (said) => `What listens at ${at(said)} does not speak PostgreSQL's protocol as the connector needs it`,
    hint: () => "Connect to PostgreSQL itself, not to a pooler: kbroker connector update <name> --url …",
  },
};

/** `undefined`: it is no word of the server, or one without a meaning here. */
export function sqlFault(error: unknown, context: SqlContext): Fault | undefined {
  if (!(error instanceof DatabaseError)) return undefined;
  const { code: state = "", routine = "", message: words } = error;
  const told = BY_ROUTINE.find((row) => row.state === state && row.routine.test(routine));
  const meaning = told?.meaning ?? BY_STATE[state];
  if (meaning === undefined) return undefined;
  const said = { ...context, words };
  return { code: meaning.code, message: `${meaning.what(said)}: ${words} (${state})`, hint: meaning.hint(said) };
}
