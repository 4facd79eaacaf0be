import { fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { snapshotId } from "../../../../src/lib/connectors/change-event.ts";
import { type LoggedEvent, openChangeLog } from "../../../support/change-log.ts";
import { docsPage } from "../../../support/docs-page.ts";
import { type Postgresql, startPostgresql, testWithPostgresql } from "../../../support/postgresql.ts";

const DOCS = docsPage("change-events.md");

/** Without the white space between the tokens, and without what differs from run to run. */
function plain(event: string): string {
  return event
    .replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1")
    .replace(/"lsn":"[0-9A-F]+\/[0-9A-F]+","transaction":(\d+|null)/, (_, transaction) => {
      return `"lsn":"…","transaction":${transaction === "null" ? "null" : "…"}`;
    })
    .replace(/"ts_ms":\d+/, '"ts_ms":…');
}

describe("docs/change-events.md", () => {
  testWithPostgresql("shows the events that its statements make", async () => {
    const server = await startPostgresql();
    const [table, row, read, ...others] = DOCS.fences("One of each").map(({ text }) => text);
    await server.sql(`${table}${row}`);
    const log = await openChangeLog(server, ["id"]);

    const shown = await log.snapshot("public.orders", { lsn: "0/1", transaction: null, tsMs: 1 });
    for (const statement of others.filter((text) => !text.startsWith("{"))) await server.sql(statement);
    shown.push(...(await log.changes()));
    await log.close();

    const documented = [read ?? "", ...others.filter((text) => text.startsWith("{"))];
    expect(shown.map(({ text }) => plain(text))).toEqual(documented.map(plain));
    expect(new Set(shown.map(({ text }) => JSON.parse(text).op))).toEqual(new Set(["r", "c", "u", "d", "t"]));
  });

  test("shows ids as they are made", () => {
    expect(DOCS.page).toContain(`\`${snapshotId("00000000016b3748", "1")}\``);
  });

  testWithPostgresql(
    "folds events into the table's state, twice and in any order where the old row is told",
    async () => {
      const server = await startPostgresql();
      await server.sql("CREATE TABLE folded (id int PRIMARY KEY, small text, large text)");
      await server.sql("ALTER TABLE folded REPLICA IDENTITY FULL");

      const { events, rows } = await changed(server, ["TRUNCATE folded"]);

      const order = fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 });
      const property = fc.asyncProperty(order, async (any) => {
        expect(await fold(any)).toEqual(rows);
      });
      await fc.assert(property, { numRuns: 30 });
    },
  );

  testWithPostgresql("folds events in order where only keys are told and large values are left out", async () => {
    const server = await startPostgresql();
    await server.sql("CREATE TABLE folded (id int PRIMARY KEY, small text, large text)");

    const { events, rows } = await changed(server, []);

    expect(events.map(({ text }) => text).join("")).toMatch(/"movedFrom":"\d+","unchanged":\["large"\]/);
    expect(await fold(events.flatMap((event) => [event, event]))).toEqual(rows);
  });
});

interface Folded {
  readonly id: number;
}

interface Copy {
  readonly rows: Map<string | undefined, { readonly row: Folded | null }>;
  emptiedAt: string;
}

/** With the function of the page. */
async function fold(events: readonly LoggedEvent[]): Promise<readonly Folded[]> {
  const [code] = DOCS.fences("From events to the table's state").filter(({ language }) => language === "js");
  const { apply } = await import(`data:text/javascript,${encodeURIComponent(code?.text ?? "")}`);
  const copy: Copy = { rows: new Map(), emptiedAt: "" };
  for (const { id, key, text } of events) apply(copy, { id, key, event: JSON.parse(text) });
  return sorted([...copy.rows.values()].flatMap(({ row }) => row ?? []));
}

function sorted(rows: readonly Folded[]): readonly Folded[] {
  return rows.toSorted((one, other) => one.id - other.id);
}

/** Some of everything, in transactions of their own and together; values that PostgreSQL stores apart among them. */
async function changed(server: Postgresql, inTheMiddle: readonly string[]) {
  const log = await openChangeLog(server, ["id"]);
  const large = "(SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 300))";
  const round = [
    `INSERT INTO folded SELECT id, 'a', ${large} FROM generate_series(1, 12) AS id ON CONFLICT DO NOTHING`,
    "UPDATE folded SET small = 'b' WHERE id % 2 = 0",
    "UPDATE folded SET id = id + 100 WHERE id % 3 = 0",
    `BEGIN; UPDATE folded SET large = ${large} WHERE id = 1; DELETE FROM folded WHERE id IN (2, 103); COMMIT`,
    "BEGIN; INSERT INTO folded VALUES (2, NULL, ''); UPDATE folded SET id = 50 WHERE id = 2; UPDATE folded SET id = 2 WHERE id = 50; COMMIT",
    "UPDATE folded SET small = NULL, large = NULL WHERE id = 4",
    "BEGIN; DELETE FROM folded; ROLLBACK",
  ];
  for (const statement of [...round, ...inTheMiddle, "DELETE FROM folded WHERE id > 100", ...round]) {
    await server.sql(statement);
  }
  const events = await log.changes();
  await log.close();
  return { events, rows: sorted(await server.sql<Folded>("SELECT * FROM folded")) };
}
