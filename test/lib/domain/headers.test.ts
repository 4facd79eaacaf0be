import { expect, test } from "vitest";
import { attributeHeader } from "../../../src/lib/domain/headers.ts";

test.each([
  ["event-type", "event-type"],
  ["x-kb-attr-tenant", "x-kb-attr-tenant"],
  ["error-reason", "x-kb-attr-error-reason"],
])("the attribute %s travels as %s", (name, header) => {
  expect(attributeHeader(name)).toBe(header);
});
