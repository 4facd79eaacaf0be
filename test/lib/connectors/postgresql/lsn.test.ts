import fc from "fast-check";
import { expect, test } from "vitest";
import { lsnDigits, lsnOf, lsnText, parseLsn } from "../../../../src/lib/connectors/postgresql/lsn.ts";

const place = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

test("reads every place that it writes", () => {
  fc.assert(
    fc.property(place, (lsn) => {
      expect(parseLsn(lsnText(lsn))).toBe(lsn);
    }),
  );
});

test("writes places so that their digits sort as they do", () => {
  fc.assert(
    fc.property(place, place, (one, other) => {
      expect(lsnDigits(one) < lsnDigits(other)).toBe(one < other);
      expect(lsnDigits(one)).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
});

test("puts a place together from its halves", () => {
  const half = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(half, half, (high, low) => {
      expect(lsnText(lsnOf(high, low))).toBe(`${high.toString(16)}/${low.toString(16)}`.toUpperCase());
    }),
  );
});

test("spells a place as PostgreSQL does", () => {
  expect(lsnText(0x16_b374_d848n)).toBe("16/B374D848");
  expect(lsnText(1n)).toBe("0/1");
  expect(lsnText(0xffff_ffffn + 1n - 1n)).toBe("0/FFFFFFFF");
});

test.for(["", "0", "0/", "/0", "0/G", "0/123456789", " 0/1", "-1/0"])("takes %j for no place", (text) => {
  expect(() => parseLsn(text)).toThrow(RangeError);
});
