import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { databaseUrl, databaseUrlProblem, parseDatabaseUrl } from "../../../src/lib/cli/database-url.ts";
import type { TlsMode } from "../../../src/lib/domain/connector.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";

const shop = { host: "db.internal", port: 5432, database: "shop", user: "kbroker", tls: "verify-full" };

test.each([
  ["postgresql://kbroker@db.internal:5432/shop", shop],
  ["postgres://kbroker@db.internal/shop", shop],
  ["POSTGRESQL://kbroker@DB.Internal/shop", shop],
  ["postgresql://kbroker@db.internal/shop?sslmode=require", { ...shop, tls: "require" }],
  ["postgresql://kbroker@db.internal/shop?sslmode=disable", { ...shop, tls: "disable" }],
  ["postgresql://kbroker@localhost/shop", { ...shop, host: "localhost", tls: "disable" }],
  ["postgresql://kbroker@127.0.0.9:6000/shop", { ...shop, host: "127.0.0.9", port: 6000, tls: "disable" }],
  ["postgresql://kbroker@127.0.0.1/shop?sslmode=verify-full", { ...shop, host: "127.0.0.1" }],
  ["postgresql://kbroker@[::1]:6000/shop", { ...shop, host: "::1", port: 6000, tls: "disable" }],
  ["postgresql://kbroker@[2001:db8::1]/shop", { ...shop, host: "2001:db8::1" }],
  ["postgresql://k%40x@db.internal/my%2Fshop%20%C3%BC", { ...shop, user: "k@x", database: "my/shop ü" }],
])("%s is read", (text, address) => {
  expect(parseDatabaseUrl(text)).toEqual(address);
});

test.each([
  ["mysql://u@h/d", /does not begin with postgresql:\/\//],
  ["db.internal", /does not begin with postgresql:\/\//],
  ["postgresql://db.internal/shop", /names no user/],
  ["postgresql://@db.internal/shop", /names no user/],
  ["postgresql://u@/shop", /names no host/],
  ["postgresql://u@:5432/shop", /names no host/],
  ["postgresql://u@db.internal", /names no database/],
  ["postgresql://u@db.internal/", /names no database/],
  ["postgresql://u@h:0/d", /port that is none/],
  ["postgresql://u@h:65536/d", /port that is none/],
  ["postgresql://u@h:/d", /port that is none/],
  ["postgresql://u@a,b/d", /several hosts/],
  ["postgresql://u@%2Fvar%2Frun/d", /a socket/],
  ["postgresql://u@256.1.1.1/d", /host that is none/],
  ["postgresql://u@[::g]/d", /host that is none/],
  ["postgresql://u@a_b!/d", /host that is none/],
  ["postgresql://u@h/d/e", /percent-encoded/],
  ["postgresql://u@h/d%zz", /not percent-encoded UTF-8/],
  ["postgresql://u@h/d%00", /never in one/],
  [`postgresql://u@h/${"d".repeat(64)}`, /over 63 bytes/],
  ["postgresql://u@h/d#e", /%23/],
  ["postgresql://u@h/d?sslmode=prefer", /sslmode=prefer is not supported; give require\./],
  ["postgresql://u@h/d?sslmode=verify-ca", /give verify-full\./],
  ["postgresql://u@h/d?sslmode=on", /one of disable, require, verify-full/],
  ["postgresql://u@h/d?sslmode=constructor", /one of disable, require, verify-full/],
  ["postgresql://u@h/d?sslmode=require&sslmode=disable", /sslmode twice/],
  ["postgresql://u@h/d?application_name=x", /parameter that is not known/],
  ["postgresql://u@h/d?sslmode=require&connect_timeout=3", /parameter that is not known/],
])("%s is refused: %s", (text, message) => {
  expect(() => parseDatabaseUrl(text)).toThrow(message);
  expect(databaseUrlProblem(text)).toMatch(/^(The|In the) address/);
});

const SECRET = "s3cr3t-Wort";

test.each([
  `postgresql://kbroker:${SECRET}@db.internal/shop`,
  `postgresql://kbroker:${SECRET}/x@db.internal/shop`,
  `postgresql://kbroker:${SECRET}?x@db.internal/shop`,
  `postgresql://kbroker:${SECRET}#x@db.internal/shop`,
  `postgresql://kbroker:12/${SECRET}@db.internal/shop`,
  `postgresql://kbroker:${SECRET}@x@db.internal/shop`,
  `postgresql://kbroker@db.internal/shop?password=${SECRET}`,
  `postgresql://kbroker@db.internal/shop?sslmode=require&Password=${SECRET}`,
])("a password in %s is refused with the reason and the flags to give instead, and not repeated", (text) => {
  const refuse = () => parseDatabaseUrl(text);

  expect(refuse).toThrow(
    expect.objectContaining({
      code: "usage",
      message: expect.stringMatching(/visible in ps and in the shell's history/),
      hint: expect.stringMatching(/--password-env KBROKER_SECRET_.+--password-file/s),
    }),
  );
  expect(databaseUrlProblem(text)).not.toContain(SECRET);
});

/** Anything that a database may be called. */
const names = fc
  .string({ unit: "binary", minLength: 1, maxLength: 15 })
  .filter((text) => !/\p{Cs}/u.test(text) && !text.includes("\0"));
const hosts = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constantFrom("localhost", "db", "my_db.internal"));
const modes = fc.constantFrom<TlsMode>("disable", "require", "verify-full");

property.prop({
  user: names,
  host: hosts.map((host) => host.toLowerCase()),
  port: fc.integer({ min: 1, max: 65_535 }),
  database: names,
  tls: modes,
})("an address that is written is read back as it was", (address) => {
  expect(parseDatabaseUrl(databaseUrl(address))).toEqual(address);
});

property.prop([
  fc
    .string({ minLength: 6 })
    .filter(
      (text) => !/^\d+$/.test(text) && !"postgresql://user@host:5432/database?sslmode=verify-full".includes(text),
    ),
  fc.constantFrom(
    (secret: string) => `postgresql://u:${secret}@h/d`,
    (secret: string) => `postgresql://${secret}@h/d/e`,
    (secret: string) => `postgresql://u@h:${secret}/d`,
    (secret: string) => `postgresql://u@h/d?${secret}`,
    (secret: string) => `postgresql://u@h/d?password=${secret}`,
    (secret: string) => `postgresql://u@h/d?sslmode=${secret}`,
    (secret: string) => secret,
  ),
])("whatever is wrong, no refusal repeats what may be a password", (secret, place) => {
  const marked = `~${secret}~`;
  try {
    parseDatabaseUrl(place(marked));
  } catch (error) {
    expect(error).toBeInstanceOf(KBrokerError);
    expect(error instanceof KBrokerError && `${error.message} ${error.hint}`).not.toContain(marked);
  }
});

property.prop([fc.string({ minLength: 1 }), fc.string({ unit: "grapheme" })])(
  "a password is never taken",
  (password, user) => {
    const url = `postgresql://${encodeURIComponent(user)}:${password}@h/d`;

    expect(() => parseDatabaseUrl(url)).toThrow(/holds a password/);
  },
);
