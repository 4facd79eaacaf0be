import { expect, test } from "vitest";
import { addressGuard } from "../../../src/lib/outbox/address.ts";
import { endpointProblem } from "../../../src/lib/outbox/endpoint.ts";

const guard = addressGuard();

test.each([
  ["", "no URL"],
  ["localhost:9000", "no http or https URL"],
  ["127.0.0.1", "no URL"],
  ["ftp://127.0.0.1/", "no http or https URL"],
  ["http://user:secret@127.0.0.1/", "user name or a password"],
  ["http://user@127.0.0.1/", "user name or a password"],
  ["http://127.0.0.1/#part", "fragment"],
  ["http://169.254.169.254/latest", "metadata"],
  ["http://[fe80::1]/", "link-local"],
  ["http://[::ffff:169.254.169.254]/", "metadata"],
  ["http://2852039166/", "metadata"],
  ["http://0xa9fea9fe/", "metadata"],
  ["http://169.254.43518/", "metadata"],
  ["http://0/", "unspecified"],
])("%s cannot be an endpoint: %s", (endpoint, problem) => {
  expect(endpointProblem(endpoint, guard)).toContain(problem);
});

test("an endpoint has a bounded length", () => {
  expect(endpointProblem(`http://127.0.0.1/${"x".repeat(2_048)}`, guard)).toContain("2048 characters");
});

test("the reason never repeats a password", () => {
  expect(endpointProblem("http://user:hunter2@127.0.0.1/", guard)).not.toContain("hunter2");
});

test.each(["http://127.0.0.1:9000/events", "https://orders.internal/hook?a=b", "http://[::1]:80/", "http://10.0.0.3/"])(
  "%s can be an endpoint",
  (endpoint) => {
    expect(endpointProblem(endpoint, guard)).toBeUndefined();
  },
);
