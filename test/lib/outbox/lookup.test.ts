import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { addressGuard } from "../../../src/lib/outbox/address.ts";
import { guardedLookup } from "../../../src/lib/outbox/lookup.ts";
import { settle } from "../../support/manual-clock.ts";
import { deferred } from "../../support/promises.ts";

const LOOPBACK: LookupAddress[] = [{ address: "127.0.0.1", family: 4 }];

function stage() {
  const asked: string[] = [];
  const gate = deferred();
  const lookup = guardedLookup(async (hostname) => {
    asked.push(hostname);
    await gate.promise;
    return LOOPBACK;
  }, addressGuard());
  const look = (hostname: string) =>
    new Promise((resolve) => lookup(hostname, { all: true }, (error, addresses) => resolve(error ?? addresses)));
  return { asked, gate, look };
}

test("a dead name server never holds more than two of the threads that write to disk", async () => {
  const { asked, gate, look } = stage();

  const answers = ["a", "b", "c", "d"].map(look);
  await settle();
  expect(asked).toEqual(["a", "b"]);
  gate.resolve();
  await Promise.all(answers);

  expect(asked).toEqual(["a", "b", "c", "d"]);
});

test("connections to one host that open together share one lookup", async () => {
  const { asked, gate, look } = stage();

  const answers = [look("a"), look("a"), look("a")];
  gate.resolve();

  expect(await Promise.all(answers)).toEqual([LOOPBACK, LOOPBACK, LOOPBACK]);
  expect(asked).toEqual(["a"]);
});

test("a caller that wants one address gets one", async () => {
  const lookup = guardedLookup(async () => LOOPBACK, addressGuard());

  const given = await new Promise((resolve) =>
    lookup("a", {}, (error, address, family) => resolve([error, address, family])),
  );

  expect(given).toEqual([null, "127.0.0.1", 4]);
});

test("a lookup that fails is told to everyone who waits", async () => {
  const failure = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
  const lookup = guardedLookup(() => Promise.reject(failure), addressGuard());
  const look = () => new Promise((resolve) => lookup("a", { all: true }, (error) => resolve(error)));

  expect(await Promise.all([look(), look()])).toEqual([failure, failure]);
});
