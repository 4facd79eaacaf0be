import { expect, test } from "vitest";
import type { EndpointCheckReply } from "../../../../src/lib/api/subscription.ts";
import { subscriptionFlow } from "../../../../src/lib/cli/flows/subscription.ts";
import { subscriptionBody, subscriptionLine } from "../../../../src/lib/cli/flows/subscription-wish.ts";
import { shellLine } from "../../../../src/lib/cli/shell.ts";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { topic } from "../../../commands/fixtures.ts";
import { script } from "./script.ts";

const reached: EndpointCheckReply = { reachable: true, status: 405, message: "it answered 405", tookMs: 12 };
const lost: EndpointCheckReply = { reachable: false, status: null, message: "connection refused", tookMs: 2 };

const world = (...checks: readonly EndpointCheckReply[]) => {
  const checked: string[] = [];
  const left = [...checks];
  return {
    checked,
    topics: async () => [topic(), topic({ name: "billing_errors", purpose: "dead-letter" })],
    subscriptionNames: async () => ["taken"],
    checkEndpoint: async (endpoint: string) => {
      checked.push(endpoint);
      const reply = left.shift();
      if (reply === undefined) throw new KBrokerError("endpoint_forbidden", "Pushes never go to 169.254.169.254.");
      return reply;
    },
  };
};

test("the walk asks for everything, tries the endpoint, and has a line that does the same", async () => {
  const answers = [
    "orders",
    "billing",
    "http://c:9000/e?a=1&b=2",
    true,
    "beginning",
    "list",
    "1s,2s",
    "10s",
    "7",
    "400,422",
    true,
  ];
  const { ask, seen } = script(answers);
  const deps = world(reached);

  const { wish } = await subscriptionFlow({}, { ...deps, ask });

  expect(deps.checked).toEqual(["http://c:9000/e?a=1&b=2"]);
  expect(subscriptionBody(wish)).toEqual({
    name: "billing",
    topic: "orders",
    endpoint: "http://c:9000/e?a=1&b=2",
    from: "beginning",
    retryDelays: ["1s", "2s"],
    timeout: "10s",
    maxInFlight: 7,
    permanentStatuses: [400, 422],
  });
  expect(shellLine(subscriptionLine(wish))).toBe(
    "kbroker subscription create billing --topic orders --endpoint 'http://c:9000/e?a=1&b=2' --from beginning --retry-delays 1s,2s --timeout 10s --max-in-flight 7 --permanent-status 400,422",
  );
  expect(seen).toMatchSnapshot();
});

test("defaults stay out of the request and of the line", async () => {
  const { ask } = script(["orders", "billing", "http://c/e", false, "latest", "default", "", "", "none", true]);
  const deps = world();

  const { wish } = await subscriptionFlow({}, { ...deps, ask });

  expect(subscriptionBody(wish)).toEqual({ name: "billing", topic: "orders", endpoint: "http://c/e" });
  expect(deps.checked).toEqual([]);
});

test("an endpoint that is not reached can be corrected, or kept all the same", async () => {
  const correct = ["http://c:1/e", true, false, "http://c:2/e", true];
  const { ask, seen } = script(["orders", "billing", ...correct, "latest", "default", "", "", "none", true]);
  const deps = world(lost, reached);

  const { wish } = await subscriptionFlow({}, { ...deps, ask });
  const kept = script(["orders", "billing", "http://c:1/e", true, true, "latest", "default", "", "", "none", true]);
  const second = await subscriptionFlow({}, { ...world(lost), ask: kept.ask });

  expect([wish.endpoint, second.wish.endpoint]).toEqual(["http://c:2/e", "http://c:1/e"]);
  expect(seen).toContain("  Not reached in 2ms: connection refused");
});

test("an endpoint that pushes never go to is said and asked again, with no offer to use it", async () => {
  const { ask, seen } = script(["orders", "billing", "http://169.254.169.254/", true, "http://c/e", false, undefined]);

  await expect(subscriptionFlow({}, { ...world(), ask })).rejects.toMatchObject({ code: "cancelled" });

  expect(seen).toContain("  Pushes never go to 169.254.169.254.");
  expect(seen).not.toContain("Use it all the same?");
});

test("each wrong answer is refused as it is given", async () => {
  const { ask, seen } = script([
    ...["orders", "taken", "b_errors", "billing"],
    ...["localhost:9000", "nonsense", "ftp://c/e", "http://c/e", false],
    ...["time", "yesterday", "2026-01-31 08:00", "2026-02-30T08:00:00Z", "9999-01-01T00:00:00Z", "2h"],
    ...["list", "1s,,2s", "1s,25h", "1s"],
    ...["0s", "121s", "120s"],
    ...["0", "1001", "ten", "1000"],
    ...["list", "200", "400,503", "410", "bad", "409,422"],
    true,
  ]);

  const { wish } = await subscriptionFlow({}, { ...world(), ask });

  expect(wish).toMatchObject({ from: "2h", retryDelays: "1s", timeout: "120s", maxInFlight: 1_000 });
  expect(wish).toMatchObject({ permanentStatus: "409,422" });
  expect(seen.filter((line) => line.startsWith("✗"))).toMatchSnapshot();
});

test("with a name on the line only what is required is asked", async () => {
  const { ask, seen } = script(["orders", "http://c/e", false, true]);

  const { wish } = await subscriptionFlow({ name: "billing", timeout: "5s" }, { ...world(), ask });

  expect(wish).toMatchObject({ name: "billing", topic: "orders", endpoint: "http://c/e", timeout: "5s" });
  expect(seen).not.toContain("Where does it start?");
});

test("without a topic there is nothing to subscribe to", async () => {
  const { ask } = script([]);

  const flow = subscriptionFlow({}, { ...world(), ask, topics: async () => [] });

  await expect(flow).rejects.toMatchObject({ code: "usage", hint: "kbroker topic create" });
});

test("a status on the line that cannot be final is refused before anything is asked of a broker", () => {
  const wish = { name: "billing", topic: "orders", endpoint: "http://c/e" };

  expect(() => subscriptionBody({ ...wish, permanentStatus: "400,503" })).toThrow(/an outage would empty the topic/);
  expect(() => subscriptionBody({ ...wish, permanentStatus: "4xx" })).toThrow(/"4xx" is no status/);
  expect(subscriptionBody({ ...wish, permanentStatus: "400, 422", onRejecting: "dead-letter" })).toMatchObject({
    ...{ permanentStatuses: [400, 422], onRejecting: "dead-letter" },
  });
});
