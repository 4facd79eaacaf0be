import { expect, test } from "vitest";
import { schemaFlow, schemaLine } from "../../../../src/lib/cli/flows/schema.ts";
import { topic } from "../../../commands/fixtures.ts";
import { script } from "./script.ts";

const topics = async () => [
  topic({ name: "orders", visibility: "public" }),
  topic({ name: "has-one", schemaVersion: 1 }),
  topic({ name: "billing_errors", purpose: "dead-letter" }),
];
const schemaFileProblem = async () => undefined;

test("the walk offers the topics that have no schema, and asks for the file", async () => {
  const { ask, seen } = script(["orders", "my order.json", true]);

  const { wish } = await schemaFlow({}, { ask, topics, schemaFileProblem });

  expect(schemaLine(wish)).toEqual(["kbroker", "schema", "create", "orders", "--file", "my order.json"]);
  expect(seen).toEqual([
    "Topic",
    "File with the JSON Schema",
    "\n  topic   orders\n  schema  my order.json\n",
    "Give orders this schema?",
  ]);
});

test.each(["has-one", "billing_errors"])("%s is not offered", async (name) => {
  const { ask } = script([name]);

  await expect(schemaFlow({}, { ask, topics, schemaFileProblem })).rejects.toThrow('"Topic" offers orders.');
});

test("nothing to choose from is said, with the next step", async () => {
  const { ask } = script([]);

  const none = schemaFlow({}, { ask, topics: async () => [], schemaFileProblem });
  const all = schemaFlow({}, { ask, topics: async () => [topic({ schemaVersion: 1 })], schemaFileProblem });

  await expect(none).rejects.toMatchObject({ message: "There is no topic yet.", hint: "kbroker topic create" });
  await expect(all).rejects.toThrow("Every topic has a schema already.");
});
