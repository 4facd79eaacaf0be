import { expect, test } from "vitest";
import { exchange, refusal, startServer } from "./harness.ts";

const get = (lines: readonly string[], path = "/_/health") =>
  `${[`GET ${path} HTTP/1.1`, "Connection: close", ...lines].join("\r\n")}\r\n\r\n`;

test.each([
  ["localhost", ["Host: localhost"]],
  ["localhost with any port", ["Host: LocalHost:1"]],
  ["127.0.0.1", ["Host: 127.0.0.1:7070"]],
  ["IPv6 loopback", ["Host: [::1]:7070"]],
  ["a name that was allowed", ["Host: broker.internal:7070"]],
  ["an address that was allowed", ["Host: [fd00::1]"]],
  ["a page of this machine", ["Host: localhost", "Origin: http://localhost:3000"]],
  ["a page of an allowed host", ["Host: localhost", "Origin: https://broker.internal"]],
  ["a person's own typing", ["Host: localhost", "Sec-Fetch-Site: none"]],
  ["the same origin", ["Host: localhost", "Sec-Fetch-Site: same-origin"]],
])("%s is let in", async (_what, lines) => {
  const server = await startServer({}, { allowedHosts: ["Broker.internal", "fd00::1"] });

  expect(await exchange(server.port, get(lines))).toMatch(/^HTTP\/1\.1 200 /);
});

const FOREIGN: [what: string, lines: string[], path?: string][] = [
  ["a rebound name", ["Host: evil.example:7070"]],
  ["a name that only starts like a listed one", ["Host: localhost.evil.example"]],
  ["a name that only ends like a listed one", ["Host: evil-localhost"]],
  ["a Host with user information", ["Host: localhost@evil.example"]],
  ["a Host that is no host", ["Host: local host"]],
  ["another address of the loopback network", ["Host: 127.0.0.2:7070"]],
  ["a page of another origin", ["Host: localhost", "Origin: https://evil.example"]],
  ["a page that hides its origin", ["Host: localhost", "Origin: null"]],
  ["a page from a file or an extension", ["Host: localhost", "Origin: file://localhost"]],
  ["an Origin that is no URL", ["Host: localhost", "Origin: localhost"]],
  ["an empty Origin", ["Host: localhost", "Origin:"]],
  ["a request of another site", ["Host: localhost", "Sec-Fetch-Site: cross-site"]],
  ["a target that names another host", ["Host: localhost"], "http://evil.example/_/health"],
];

test.each(FOREIGN)("%s is kept out", async (_what, lines, path) => {
  const server = await startServer();

  const answers = await Promise.all([1, 2].map(() => exchange(server.port, get(lines, path))));

  for (const answer of answers) expect(refusal(answer)).toMatchObject({ status: 403, error: { code: "forbidden" } });
});

test.each(["/publish/orders", "/admin/v1/topics", "/_/health", "/_/ready", "/metrics", "/nowhere", "/publish/%zz"])(
  "%s is guarded",
  async (path) => {
    const server = await startServer();

    expect(refusal(await exchange(server.port, get(["Host: evil.example"], path)))).toMatchObject({ status: 403 });
  },
);

test("a second Host or Origin does not hide behind the first", async () => {
  const server = await startServer();
  const hosts = get(["Host: localhost", "Host: evil.example"]);
  const origins = get(["Host: localhost", "Origin: http://localhost", "Origin: http://evil.example"]);

  expect(refusal(await exchange(server.port, hosts)).status).toBe(400);
  expect(refusal(await exchange(server.port, origins)).status).toBe(400);
});

test("the number of remembered hosts does not grow without bound, and later ones are still let in", async () => {
  const server = await startServer();
  const ask = (port: number) => `GET /_/health HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
  const many = Array.from({ length: 1_100 }, (_, index) => ask(index + 1)).join("");

  const answer = await exchange(server.port, many, get(["Host: localhost:5000"]));

  expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(1_101);
});
