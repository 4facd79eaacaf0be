import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { SourceError } from "../../../../src/lib/connectors/port.ts";
import { connect } from "../../../../src/lib/connectors/postgresql/connect.ts";
import { dialDeps, listenRaw, roleOf } from "../../../support/dialled.ts";

const SECRET = { kind: "env", name: "KBROKER_SECRET_SHOP" } as const;
const PASSWORD = "do-not-tell";

function message(type: string, ...numbers: readonly number[]): Buffer {
  const body = Buffer.from(numbers);
  const header = Buffer.alloc(5);
  header.write(type, 0);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const AUTHENTICATED = Buffer.concat([message("R", 0, 0, 0, 0), message("Z", 0x49)]);

/** What a client meets at a server that answers its first packet so, and hears nothing else. */
async function faultAt(answer: Buffer): Promise<{ readonly fault: SourceError["fault"]; readonly heard: Buffer }> {
  const heard: Buffer[] = [];
  const { port } = await listenRaw((socket: Socket) => {
    socket.on("data", (bytes: Buffer) => void heard.push(bytes));
    socket.once("data", () => socket.write(answer));
  });
  const address = { ...roleOf({ port }, "shop"), password: SECRET };
  const failure: unknown = await connect(address, dialDeps({ [SECRET.name]: PASSWORD })).catch((error) => error);
  if (!(failure instanceof SourceError)) throw failure;
  return { fault: failure.fault, heard: Buffer.concat(heard) };
}

test.each([
  ["a row that ends before its columns", message("D", 0, 5)],
  ["a row with less than no columns", message("D", 0xff, 0xf0)],
  ["an authentication that nobody knows", message("R", 0, 0, 0, 99)],
  ["a message without its content", message("K")],
  ["a length that no message has", Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff])],
  ["an error that never ends", message("E")],
  ["a notice whose text has no end", message("N", 0x4d, 0x61)],
  ["a setting without a value", message("S", 0x61, 0)],
  ["a completion without an end", message("C", 0x61)],
  ["columns that it does not describe", message("T", 0, 3, 0x61, 0)],
  ["ways to log in without an end", message("R", 0, 0, 0, 10, 0x61)],
  ["another protocol", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
])("a server that sends %s ends the connection, not the process", async (_, sent) => {
  const { fault } = await faultAt(Buffer.concat([AUTHENTICATED, sent]));

  expect(fault).toMatchObject({
    code: "database_unreachable",
    message: expect.stringMatching(/does not speak PostgreSQL's protocol\.$/),
  });
});

test("sends no password in clear over a connection without TLS", async () => {
  const { fault, heard } = await faultAt(message("R", 0, 0, 0, 3));

  expect(heard.includes(PASSWORD)).toBe(false);
  expect(fault).toMatchObject({ code: "authentication_failed", message: expect.stringContaining("it was not sent") });
});
