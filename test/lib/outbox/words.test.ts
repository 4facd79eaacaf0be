import { expect, test } from "vitest";
import { brokenWords, connectionWords, ForbiddenAddress } from "../../../src/lib/outbox/words.ts";

const place = { host: "orders.internal", port: 443, connectTimeoutMs: 5_000 };
const error = (code: string, message = "", more: object = {}) => Object.assign(new Error(message), { code, ...more });

test.each([
  [error("ECONNREFUSED", "", { address: "127.0.0.1", port: 9000 }), "connection refused at 127.0.0.1:9000"],
  [
    Object.assign(
      new AggregateError([
        error("ECONNREFUSED", "", { address: "::1", port: 9000 }),
        error("ECONNREFUSED", "", { address: "127.0.0.1", port: 9000 }),
      ]),
      { code: "ECONNREFUSED" },
    ),
    "connection refused at [::1]:9000 and 127.0.0.1:9000",
  ],
  [error("ENOTFOUND"), "no address for host orders.internal"],
  [error("EAI_AGAIN"), "the name server did not answer for host orders.internal"],
  [error("EHOSTUNREACH", "", { address: "10.0.0.9", port: 80 }), "no route to 10.0.0.9:80"],
  [error("UND_ERR_CONNECT_TIMEOUT"), "no connection to orders.internal:443 within 5s"],
  [error("CERT_HAS_EXPIRED", "certificate has expired"), "TLS: certificate has expired at orders.internal:443"],
  [
    error("ERR_SSL_WRONG_VERSION_NUMBER", "C0F7:error:0A00010B", { reason: "wrong version number" }),
    "TLS: wrong version number at orders.internal:443",
  ],
  [new ForbiddenAddress("169.254.0.1 is a link-local address"), "169.254.0.1 is a link-local address"],
  [error("EMFILE", "too many open files"), "no connection to orders.internal:443: too many open files"],
])("before the request: %s", (given, words) => {
  expect(connectionWords(given, place)).toBe(words);
});

test.each([
  [error("ECONNRESET"), "the connection was reset before an answer"],
  [error("UND_ERR_SOCKET"), "the connection ended before an answer"],
  [error("UND_ERR_HEADERS_OVERFLOW"), "the headers of the answer are over 16 KB"],
  [
    error("HPE_INVALID_CONSTANT", "Expected HTTP/", { name: "HTTPParserError" }),
    "the answer is not HTTP/1.1 (Expected HTTP/)",
  ],
])("after the request: %s", (given, words) => {
  expect(brokenWords(given)).toBe(words);
});
