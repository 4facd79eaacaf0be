import { lookup } from "node:dns";
import type {
  OpenSource,
  Source,
  SourceBatch,
  SourceChange,
  SourceStream,
} from "../../../../src/lib/connectors/port.ts";
import { SourceError, type SourceSettings } from "../../../../src/lib/connectors/port.ts";
import { postgresqlSource } from "../../../../src/lib/connectors/postgresql/source.ts";
import { systemClock } from "../../../../src/lib/system-clock.ts";
import type { Postgresql } from "../../../support/postgresql.ts";

let count = 0;

export function sourceOf({ password }: Postgresql): Source {
  return postgresqlSource({
    clock: systemClock,
    lookup,
    addressProblem: () => undefined,
    secret: async () => password,
  });
}

/** A database of its own, with one table. */
export async function freshSettings(
  server: Postgresql,
  {
    tables = ["orders"],
    ...rest
  }: Partial<Omit<SourceSettings, "tables">> & { readonly tables?: readonly string[] } = {},
): Promise<SourceSettings> {
  count += 1;
  const database = `shop${count}`;
  await server.sql(`CREATE DATABASE ${database}`);
  return {
    database: {
      ...{ host: server.host, port: server.port, database, user: "postgres", tls: "disable" },
      password: { kind: "env", name: "KBROKER_SECRET_TEST" },
    },
    tables: tables.map((table) => ({ schema: "public", table })),
    slot: `kbroker_${database}`,
    publication: `kbroker_${database}`,
    ownsPublication: true,
    snapshot: "none",
    ...rest,
  };
}

/** Opens; a slot that its last reader has not quite let go of is waited for. */
export async function openEventually(source: Source, request: OpenSource): Promise<SourceStream> {
  for (;;) {
    try {
      return await source.open(request);
    } catch (error) {
      if (!(error instanceof SourceError) || error.fault.code !== "slot_in_use") throw error;
      await systemClock.after(50);
    }
  }
}

export function event({ payload }: SourceChange): {
  readonly op: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly source: Record<string, unknown>;
} {
  return JSON.parse(new TextDecoder().decode(payload));
}

/** Batches until `count` changes came; they are made safe. */
export async function read(
  stream: SourceStream,
  count: number,
): Promise<{ changes: SourceChange[]; last: SourceBatch }> {
  const changes: SourceChange[] = [];
  for (;;) {
    const batch = await stream.next();
    if (batch === undefined) throw new Error("The stream ended.");
    changes.push(...batch.changes);
    stream.safe(batch);
    if (changes.length >= count) return { changes, last: batch };
  }
}
