import { describe, expect, it } from "vitest";
import {
  brokersProblem,
  brokersText,
  KAFKA_BROKERS_MAX,
  parseBrokers,
  parseSaslMechanism,
} from "../../../src/lib/domain/kafka-settings.ts";

describe("the brokers of a cluster", () => {
  it.each([
    ["a:9092", [{ host: "a", port: 9092 }]],
    ["a", [{ host: "a", port: 9092 }]],
    [
      " a:1 , b.svc:65535 ",
      [
        { host: "a", port: 1 },
        { host: "b.svc", port: 65_535 },
      ],
    ],
    [
      "[::1]:9093,[fe80::1]",
      [
        { host: "::1", port: 9093 },
        { host: "fe80::1", port: 9092 },
      ],
    ],
  ])("%s is read", (text, brokers) => {
    expect(brokersProblem(text)).toBeUndefined();
    expect(parseBrokers(text)).toEqual(brokers);
  });

  it.each([
    ["", /empty/],
    ["a:9092,", /empty/],
    ["kafka://a:9092", /scheme/],
    ["a:0", /"a:0" is no host:port/],
    ["a:65536", /no host:port/],
    ["a:b", /no host:port/],
    ["::1:9092", /no host:port/],
    ["a b:9092", /no host:port/],
    [Array.from({ length: KAFKA_BROKERS_MAX + 1 }, (_, index) => `b${index}`).join(","), /more than 64/],
  ])("%s is refused", (text, words) => {
    expect(brokersProblem(text)).toMatch(words);
  });

  it("a password in an address is not repeated", () => {
    expect(brokersProblem("kafka://user:hunter2@a:9092")).not.toContain("hunter2");
  });

  it("are printed as they are read", () => {
    expect(brokersText(parseBrokers("a,[::1]:9093"))).toBe("a:9092,[::1]:9093");
  });
});

describe("the SASL mechanism", () => {
  it("is read in either case", () => {
    expect(["plain", "SCRAM-SHA-256", "scram-sha-512", "gssapi"].map(parseSaslMechanism)).toEqual([
      "PLAIN",
      "SCRAM-SHA-256",
      "SCRAM-SHA-512",
      undefined,
    ]);
  });
});
