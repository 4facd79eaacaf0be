import { expect, test } from "vitest";
import { cronProblem } from "../../../src/lib/config/cron.ts";

test.each([
  "* * * * *",
  "*/5 * * * *",
  "0 3 * * *",
  "0-30/10,45 8-18 1,15 JAN-mar MON-FRI",
  "0 0 * * 7",
  "59 23 31 12 0",
  "@daily",
])("%s is a schedule", (text) => {
  expect(cronProblem(text)).toBeUndefined();
});

test.each([
  ["", "it has 1 field"],
  ["* * * *", "it has 4 fields"],
  ["0 * * * * *", "it has 6 fields"],
  ["@fortnightly", "it has 1 field"],
  ["60 * * * *", "the minute 60 is not within 0–59"],
  ["* 24 * * *", "the hour 24 is not within 0–23"],
  ["* * 0 * *", "the day of the month 0 is not within 1–31"],
  ["* * 32 * *", "the day of the month 32 is not within 1–31"],
  ["* * * 13 *", "the month 13 is not within 1–12"],
  ["* * * JAM *", "the month JAM is not within 1–12"],
  ["* * * * 8", "the day of the week 8 is not within 0–7"],
  ["30-10 * * * *", "the minute runs backwards, from 30 to 10"],
  ["*/0 * * * *", "the minute steps by 0"],
  ["1,,2 * * * *", '"" is no minute'],
  ["-5 * * * *", '"-5" is no minute'],
  ["1.5 * * * *", '"1.5" is no minute'],
  ["MON * * * *", "the minute MON is not within 0–59"],
])("%s is none", (text, problem) => {
  expect(cronProblem(text)).toBe(problem);
});
