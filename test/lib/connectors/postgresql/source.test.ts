import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { postgresqlSource } from "../../../../src/lib/connectors/postgresql/source.ts";
import { systemClock } from "../../../../src/lib/system-clock.ts";

const { cache } = createRequire(import.meta.url);
const isDriverLoaded = () => Object.keys(cache).some((file) => /node_modules\/pg\//.test(file));

test("a broker without connectors does not pay for the libraries of PostgreSQL", async () => {
  const source = postgresqlSource({
    clock: systemClock,
    lookup: (_host, _options, done) => done(new Error("no such host"), "", 4),
    addressProblem: () => undefined,
    secret: async () => undefined,
  });
  const before = isDriverLoaded();

  const tables = source.tables({ host: "none.invalid", port: 5432, database: "shop", user: "kb", tls: "disable" });

  await expect(tables).rejects.toMatchObject({ name: "SourceError" });
  expect([before, isDriverLoaded()]).toEqual([false, true]);
});
