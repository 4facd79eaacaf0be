import { expect, test } from "vitest";
import { parseConfigs } from "../../../src/lib/cli/layout-flags.ts";

test("each setting is parted at its first equals sign", () => {
  expect(parseConfigs(["min.insync.replicas=2", "a = b=c ", "none="])).toEqual({
    "min.insync.replicas": "2",
    a: "b=c",
    none: "",
  });
});

test.each([[["retention.ms"]], [["=1"]], [["a=1", "a=1"]]])("%j is refused", (given) => {
  expect(() => parseConfigs(given)).toThrow(expect.objectContaining({ code: "usage" }));
});
