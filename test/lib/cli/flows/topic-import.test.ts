import { expect, test } from "vitest";
import { topicImportFlow, topicImportLine } from "../../../../src/lib/cli/flows/topic-import.ts";
import { script } from "./script.ts";

const world = {
  importable: async () => [
    { name: "payments", partitions: 12 },
    { name: "views", partitions: 1 },
  ],
  schemaFileProblem: async () => undefined,
};

test("it offers what Kafka has, asks for the rest, shows it, asks again, and has a line that does the same", async () => {
  const { ask, seen } = script(["payments", "public", "2d", "payment.json", true]);

  const { wish, asked } = await topicImportFlow({}, { ...world, ask });

  expect(wish).toEqual({ name: "payments", visibility: "public", ttl: "2d", schemaFile: "payment.json" });
  expect(asked).toBe(true);
  expect(topicImportLine(wish).join(" ")).toBe("kbroker topic import payments --public --ttl 2d --schema payment.json");
  expect(seen).toEqual([
    "Kafka topic to import",
    "Who may subscribe?",
    "For how long are its messages delivered? (1h to 7d)",
    "File with its JSON Schema (needed before the first message; empty: later)",
    "\n  Kafka topic  payments\n  visibility   public\n  delivered    for 2d\n  schema       payment.json\n",
    "Import topic payments?",
  ]);
});

test("a name on the line means that nothing is asked, nor looked up", async () => {
  const importable = () => Promise.reject(new Error("asked the broker"));

  const { wish, asked } = await topicImportFlow({ name: "views" }, { ...world, importable, ask: undefined });

  expect({ wish, asked }).toEqual({ wish: { name: "views", visibility: "private" }, asked: false });
});

test("where nobody can be asked, or Kafka has none, it says so and imports nothing", async () => {
  const { ask } = script([]);

  const unasked = topicImportFlow({}, { ...world, ask: undefined });
  const none = topicImportFlow({}, { ...world, importable: async () => [], ask });

  await expect(unasked).rejects.toMatchObject({ code: "usage", hint: "kbroker topic import <name>" });
  await expect(none).rejects.toMatchObject({ code: "usage", hint: "kbroker topic create" });
});
