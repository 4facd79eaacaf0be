import { expect, test } from "vitest";
import { subscriptionUpdateFlow, subscriptionUpdateLine } from "../../../../src/lib/cli/flows/subscription-update.ts";
import { topicUpdateFlow, topicUpdateLine } from "../../../../src/lib/cli/flows/topic-update.ts";
import { script } from "./script.ts";

const checkEndpoint = async () => ({ reachable: true, status: 204, message: "It answered 204.", tookMs: 3 });

test.each([
  [
    ["ttl", "9d", "3d"],
    ["--ttl", "3d"],
  ],
  [["visibility", "public"], ["--public"]],
  [
    ["partitions", "0", "12"],
    ["--partitions", "12"],
  ],
])("topic update without a flag asks which setting, then for its value: %j", async (answers, flags) => {
  const { ask, seen } = script(answers);

  const { wish, asked } = await topicUpdateFlow("orders", {}, ask);

  expect(topicUpdateLine("orders", wish)).toEqual(["kbroker", "topic", "update", "orders", ...flags]);
  expect([asked, seen[0]]).toEqual([true, "What to change?"]);
});

test.each([
  [
    ["endpoint", "http://h/", true],
    ["--endpoint", "http://h/"],
  ],
  [
    ["retryDelays", "default"],
    ["--retry-delays", "default"],
  ],
  [
    ["retryDelays", "list", "1s,5s"],
    ["--retry-delays", "1s,5s"],
  ],
  [
    ["timeout", ""],
    ["--timeout", "30s"],
  ],
  [
    ["maxInFlight", "1001", "7"],
    ["--max-in-flight", "7"],
  ],
])("subscription update without a flag asks which setting, then for its value: %j", async (answers, flags) => {
  const { ask } = script(answers);

  const { wish } = await subscriptionUpdateFlow({}, { name: "billing", ask, checkEndpoint });

  expect(subscriptionUpdateLine("billing", wish)).toEqual(["kbroker", "subscription", "update", "billing", ...flags]);
});

test("what the line says is not asked for", async () => {
  const { ask, seen } = script([]);

  const given = await topicUpdateFlow("orders", { ttl: "1h", visibility: undefined }, ask);

  expect([given.wish.ttl, given.asked, seen]).toEqual(["1h", false, []]);
});
