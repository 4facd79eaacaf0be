import { expect, test } from "vitest";
import { createOutage } from "../../../src/lib/broker/outage.ts";
import { notes } from "../../support/broker.ts";

test("an outage of several parts is said once, and its end once all of them work", () => {
  const told = notes();
  const outage = createOutage(told, { failing: "It fails.", working: "It works again." });

  outage.worked("a");
  outage.failed("a", new Error("first"));
  outage.failed("b", new Error("second"));
  outage.failed("a", new Error("third"));
  outage.worked("a");
  outage.failed("a", new Error("fourth"));
  outage.worked("b");
  outage.worked("a");
  outage.worked("a");

  expect(told.lines).toEqual([expect.stringContaining("It fails."), expect.stringContaining("It works again.")]);
});
