import { expect, test } from "vitest";
import { openLog } from "../../../src/lib/server/log.ts";

function lines(human: boolean) {
  const written: string[] = [];
  return { written, log: openLog({ write: (line) => written.push(line), human }) };
}

test("for machines an event is one JSON line with time, level, message, fields and the causes of an error", () => {
  const { written, log } = lines(false);

  log("warn", "It\nbroke.", { topic: "orders", error: new Error("outer", { cause: new Error("inner") }) });

  expect(written).toHaveLength(1);
  expect(written[0]?.trim().split("\n")).toHaveLength(1);
  const event = JSON.parse(written[0] ?? "");
  expect(event).toMatchObject({ level: "warn", msg: "It\nbroke.", topic: "orders" });
  expect(event.error).toMatchObject({ message: "outer", cause: { message: "inner" } });
  expect(Date.parse(event.time)).not.toBeNaN();
});

test("for eyes an event is one line in words", () => {
  const { written, log } = lines(true);

  log("info", "Ready.", { url: "http://127.0.0.1:7070", dataDir: "/a b", count: 3 });

  expect(written.map((line) => line.slice(9))).toEqual([
    'info  Ready. url=http://127.0.0.1:7070 dataDir="/a b" count=3\n',
  ]);
});
