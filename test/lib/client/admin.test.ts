import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type AdminClient, adminClient } from "../../../src/lib/client/admin.ts";
import { topic } from "../../commands/fixtures.ts";

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(url: string, answerTimeoutMs = 30_000): AdminClient {
  const opened = adminClient({ adminUrl: url, inboxUrl: url, answerTimeoutMs });
  onTestFinished(() => opened.close());
  return opened;
}

const http = (listener: RequestListener) => listening(createServer(listener));

test("nobody there is broker_unreachable with the command that starts one", async () => {
  await expect(client("http://127.0.0.1:1").call("topicList")).rejects.toMatchObject({
    code: "broker_unreachable",
    message: "No broker answers at http://127.0.0.1:1 (connection refused).",
    hint: "kbroker broker start --port 1",
  });
});

test("a host that does not exist points at the settings: starting a broker here would not help", async () => {
  await expect(client("http://broker.invalid:7070").call("topicList")).rejects.toMatchObject({
    code: "broker_unreachable",
    hint: "kbroker config show --origin",
  });
});

test("an answer that does not come is broker_unreachable in time", async () => {
  const url = await http(() => undefined);

  await expect(client(url, 50).call("topicList")).rejects.toMatchObject({
    code: "broker_unreachable",
    message: `No broker answers at ${url} (no answer in time).`,
  });
});

test("a connection that breaks before the answer is broker_unreachable", async () => {
  const url = await http((request) => request.socket.destroy());

  await expect(client(url).call("topicList")).rejects.toMatchObject({ code: "broker_unreachable" });
});

test("an answer that stops in the middle is no answer", async () => {
  const url = await http((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"items": [');
    setImmediate(() => response.destroy());
  });

  await expect(client(url).call("topicList")).rejects.toMatchObject({ code: "broker_unreachable" });
});

test("something that speaks no HTTP is no broker", async () => {
  const url = await listening(
    createTcpServer((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))),
  );

  await expect(client(url).call("topicList")).rejects.toMatchObject({ code: "reply_not_understood" });
});

test.each([
  ["a web page", 200, "<html></html>"],
  ["other JSON", 200, '{"items": [{"name": 1}]}'],
  ["a page that is not found", 404, "<html>not found</html>"],
  ["JSON that is no error of ours", 400, '{"error": "bad"}'],
  [
    "an error of a code that this version does not know",
    409,
    '{"error": {"code": "new", "message": "x", "requestId": "r"}}',
  ],
  ["a redirect", 302, ""],
])("%s is no answer of a broker", async (_what, status, body) => {
  const url = await http((_request, response) => response.writeHead(status).end(body));

  await expect(client(url).call("topicList")).rejects.toMatchObject({
    code: "reply_not_understood",
    hint: "kbroker config show --origin",
  });
});

test.each([
  [401, "unauthorized"],
  [403, "forbidden"],
  [407, "unauthorized"],
])("a proxy's %i is %s", async (status, code) => {
  const url = await http((_request, response) => response.writeHead(status).end("no"));

  await expect(client(url).call("topicList")).rejects.toMatchObject({ code });
});

test("an address with a path keeps it, and names are percent-encoded", async () => {
  const urls: (string | undefined)[] = [];
  const url = await http((request, response) => {
    urls.push(request.url);
    response.end(JSON.stringify(topic()));
  });

  await client(`${url}/bus/`).call("topicDescribe", { name: "a/b?c" });

  expect(urls).toEqual(["/bus/admin/v1/topics/a%2Fb%3Fc"]);
});
