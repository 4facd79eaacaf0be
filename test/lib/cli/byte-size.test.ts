import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { byteSize, byteSizeText, parseByteSize } from "../../../src/lib/cli/byte-size.ts";

test.each([
  ["1B", 1],
  ["500MB", 500_000_000],
  ["1GiB", 1_073_741_824],
  ["1gib", 1_073_741_824],
  ["1.5GiB", 1_610_612_736],
  ["0.1kB", 100],
  ["9007199254740991B", 9_007_199_254_740_991],
])("%s is %i bytes, exactly", (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(["", "1", "1 GiB", "1G", "-1GB", "0MB", "0.3B", "0.1KiB", "9007199254740992B", "1e3MB", "1.GB", ".5GB"])(
  "%j is refused",
  (text) => {
    expect(() => byteSize(text, "--retained-wal-warn")).toThrow(/--retained-wal-warn is .+ not a number of bytes/);
  },
);

property.prop([fc.maxSafeNat().map((bytes) => bytes + (bytes === 0 ? 1 : 0))])(
  "a size that is written is read back as it was",
  (bytes) => {
    expect(parseByteSize(byteSizeText(bytes))).toBe(bytes);
  },
);

test("a size is written as people write it", () => {
  expect([1_073_741_824, 500_000_000, 1_536].map(byteSizeText)).toEqual(["1GiB", "500MB", "1536B"]);
});
