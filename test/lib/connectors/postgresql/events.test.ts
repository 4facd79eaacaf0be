import { describe, expect, test } from "vitest";
import {
  type RelationEncoder,
  type RenderedEvent,
  relationEncoder,
} from "../../../../src/lib/connectors/postgresql/events.ts";
import type { Relation, Row } from "../../../../src/lib/connectors/postgresql/relation.ts";
import { typeCatalog } from "../../../../src/lib/connectors/postgresql/type-catalog.ts";

const AT = { lsn: "0/16B3748", transaction: 731, tsMs: 1_700_000_000_123 };
const SOURCE = {
  database: "shop",
  schema: "public",
  table: "orders",
  lsn: "0/16B3748",
  transaction: 731,
  snapshot: false,
};
const [INT, TEXT] = [23, 25];

const types = typeCatalog(async () => []);

function encoder(identity: Relation["identity"], primaryKey = ["id"], keys = primaryKey): RelationEncoder {
  const columns = [
    { name: "id", typeOid: INT },
    { name: "item", typeOid: TEXT },
    { name: "note", typeOid: TEXT },
  ].map((column) => ({ ...column, isKey: identity === "full" || keys.includes(column.name) }));
  return relationEncoder(
    { schema: "public", table: "orders", identity, columns },
    { types, primaryKey, database: "shop" },
  );
}

function row(values: Record<string, string | null | undefined>): Row {
  return Object.assign(Object.create(null), values);
}

function read(events: readonly RenderedEvent[]) {
  return events.map(({ key, payload }) => ({ key, ...JSON.parse(new TextDecoder().decode(payload)) }));
}

const OLD = row({ id: "7", item: "tea", note: null });
const NEW = row({ id: "7", item: "milk", note: null });

describe("the events of a table", () => {
  test("an insert is the row, under its primary key", () => {
    const [event] = encoder("default").insert(AT, OLD);

    expect(event?.key).toBe("7");
    expect(new TextDecoder().decode(event?.payload)).toBe(
      '{"before":null,"after":{"id":7,"item":"tea","note":null},"op":"c","source":{"database":"shop","schema":"public",' +
        '"table":"orders","lsn":"0/16B3748","transaction":731,"snapshot":false},"ts_ms":1700000000123}',
    );
  });

  test("a row of the snapshot says that it is one", () => {
    const events = encoder("default").snapshotRow({ ...AT, transaction: null }, OLD);

    expect(read(events)).toEqual([
      {
        key: "7",
        before: null,
        after: { id: 7, item: "tea", note: null },
        op: "r",
        source: { ...SOURCE, transaction: null, snapshot: true },
        ts_ms: AT.tsMs,
      },
    ]);
  });

  test("an update holds of the row before only its key, unless the replica identity is full", () => {
    const keyOnly = read(encoder("default").update(AT, { old: null, key: null, new: NEW }));
    const full = read(encoder("full").update(AT, { old: OLD, key: null, new: NEW }));

    const after = { id: 7, item: "milk", note: null };
    expect(keyOnly).toEqual([{ key: "7", before: { id: 7 }, after, op: "u", source: SOURCE, ts_ms: AT.tsMs }]);
    expect(full).toEqual([
      { key: "7", before: { id: 7, item: "tea", note: null }, after, op: "u", source: SOURCE, ts_ms: AT.tsMs },
    ]);
  });

  test("a delete holds the row before, or its key", () => {
    const keyOnly = read(encoder("default").remove(AT, { old: null, key: row({ id: "7" }) }));
    const full = read(encoder("full").remove(AT, { old: OLD, key: null }));

    expect(keyOnly).toEqual([{ key: "7", before: { id: 7 }, after: null, op: "d", source: SOURCE, ts_ms: AT.tsMs }]);
    expect(full[0]).toMatchObject({ key: "7", before: { id: 7, item: "tea", note: null }, after: null, op: "d" });
  });

  test("a truncate concerns the table: no key, no row", () => {
    const [event] = encoder("default").truncate(AT);

    expect(event).not.toHaveProperty("key");
    expect(read(event === undefined ? [] : [event])).toEqual([
      { key: undefined, before: null, after: null, op: "t", source: SOURCE, ts_ms: AT.tsMs },
    ]);
  });

  test("a changed primary key is the end of one key and the beginning of another, each naming the other", () => {
    const events = encoder("default").update(AT, { old: null, key: row({ id: "7" }), new: row({ ...NEW, id: "8" }) });

    expect(read(events)).toEqual([
      { key: "7", before: { id: 7 }, after: null, op: "d", source: { ...SOURCE, movedTo: "8" }, ts_ms: AT.tsMs },
      {
        key: "8",
        before: null,
        after: { id: 8, item: "milk", note: null },
        op: "c",
        source: { ...SOURCE, movedFrom: "7" },
        ts_ms: AT.tsMs,
      },
    ]);
  });

  test("a key that was sent although it did not change is no change of the key", () => {
    const events = read(encoder("default").update(AT, { old: null, key: row({ id: "7" }), new: NEW }));

    expect(events.map(({ op }) => op)).toEqual(["u"]);
  });

  test("a column that is stored apart and did not change is left out and named, never null", () => {
    const [event] = read(
      encoder("default").update(AT, { old: null, key: null, new: row({ ...NEW, note: undefined }) }),
    );

    expect(event?.after).toEqual({ id: 7, item: "milk" });
    expect(event?.source).toEqual({ ...SOURCE, unchanged: ["note"] });
  });

  test("with a full replica identity an unchanged column is what it was", () => {
    const old = row({ ...OLD, note: "long" });
    const [event] = read(encoder("full").update(AT, { old, key: null, new: row({ ...NEW, note: undefined }) }));

    expect(event?.after).toEqual({ id: 7, item: "milk", note: "long" });
    expect(event?.source).toEqual(SOURCE);
  });

  test("an unchanged key that is stored apart is taken from the row before", () => {
    const byItem = encoder("default", ["item"]);
    const change = { old: null, key: row({ item: "tea" }), new: row({ ...NEW, item: undefined }) };

    const [event] = read(byItem.update(AT, change));

    expect(event).toMatchObject({ key: "tea", op: "u", before: { item: "tea" }, after: { id: 7, item: "tea" } });
  });

  test("a key of several columns keeps the primary key's order, not the table's", () => {
    const [event] = encoder("default", ["item", "id"]).insert(AT, OLD);

    expect(event?.key).toBe('["tea","7"]');
  });

  test("an identity index that holds the primary key is as good as the primary key", () => {
    const byIndex = encoder("index", ["id"], ["id", "item"]);

    const [event] = read(byIndex.remove(AT, { old: null, key: row({ id: "7", item: "tea" }) }));

    expect(event).toMatchObject({ key: "7", before: { id: 7, item: "tea" } });
  });

  test.each([
    {
      what: "an identity without the primary key",
      make: () => encoder("index", ["id"], ["item"]),
      code: "replica_identity",
    },
    { what: "a primary key that is not published", make: () => encoder("default", ["other"]), code: "key_changed" },
    { what: "no primary key", make: () => encoder("default", []), code: "key_changed" },
  ])("$what is refused before a row is mistaken for another", ({ make, code }) => {
    expect(make).toThrow(expect.objectContaining({ fault: expect.objectContaining({ code }) }));
  });

  test("columns may have any name", () => {
    const names = ['quo"te', "__proto__", "ünï", "constructor", "1", "new\nline", "id"];
    const columns = names.map((name) => ({ name, typeOid: TEXT, isKey: name === "id" }));
    const relation: Relation = { schema: 's"1', table: "t\\2", identity: "default", columns };
    const values: Record<string, string> = Object.create(null);
    for (const name of names) values[name] = name;

    const [event] = relationEncoder(relation, { types, primaryKey: ["id"], database: "d" }).insert(AT, values);

    const body = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(name)}`).join(",");
    const text = new TextDecoder().decode(event?.payload);
    expect(text).toContain(`"after":{${body}}`);
    expect(JSON.parse(text).source).toMatchObject({ schema: 's"1', table: "t\\2" });
  });
});
