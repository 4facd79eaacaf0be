import { expect, test } from "vitest";
import { topicFlow, topicLine } from "../../../../src/lib/cli/flows/topic.ts";
import { script } from "./script.ts";

const world = {
  topicNames: async () => ["orders", "a.b"],
  schemaFileProblem: async (file: string) =>
    file === "order.json" ? undefined : `Cannot read ${file}: there is no such file.`,
};

test("the walk asks for everything, shows it, asks again, and has a line that does the same", async () => {
  const { ask, seen } = script(["invoices", "public", "3d", "order.json", true]);

  const { wish, asked } = await topicFlow({}, { ...world, ask });

  expect(wish).toEqual({ name: "invoices", visibility: "public", ttl: "3d", schemaFile: "order.json" });
  expect(asked).toBe(true);
  expect(topicLine(wish).join(" ")).toBe("kbroker topic create invoices --public --ttl 3d --schema order.json");
  expect(seen).toMatchSnapshot();
});

test("defaults stay out of the line", async () => {
  const { ask } = script(["invoices", "private", "", "", true]);

  const { wish } = await topicFlow({}, { ...world, ask });

  expect(topicLine(wish).join(" ")).toBe("kbroker topic create invoices");
});

test("each wrong answer is refused as it is given", async () => {
  const names = ["", "or ders", "__kbroker_x", "x_errors", "orders", "a_b", "invoices"];
  const { ask, seen } = script([...names, "private", "3", "30m", "8d", "1h", "nowhere.json", "", true]);

  const { wish } = await topicFlow({}, { ...world, ask });

  expect(wish).toEqual({ name: "invoices", visibility: "private", ttl: "1h", schemaFile: undefined });
  expect(seen.filter((line) => line.startsWith("✗"))).toEqual([
    "✗ A topic needs a name.",
    '✗ A topic name has only letters, digits, ".", "_" and "-".',
    '✗ Names that start with "__kbroker" are reserved.',
    '✗ Names that end with "_errors" are kept for dead letter topics.',
    '✗ A topic "orders" exists.',
    '✗ "a_b" and the existing "a.b" are too alike.',
    '✗ "3" is not a duration. Write a number and a unit: 500ms, 30s, 5m, 2h, 3d.',
    "✗ Between 1h and 7d.",
    "✗ Between 1h and 7d.",
    "✗ Cannot read nowhere.json: there is no such file.",
  ]);
});

test("what the line says is not asked", async () => {
  const { ask, seen } = script(["invoices", "", true]);

  const { wish } = await topicFlow({ visibility: "public", ttl: "2d" }, { ...world, ask });

  expect(wish).toMatchObject({ visibility: "public", ttl: "2d" });
  expect(seen).not.toContain("Who may subscribe?");
});

test("a name on the line means that nothing is asked, nor looked up", async () => {
  const { wish, asked } = await topicFlow(
    { name: "orders" },
    { ...world, ask: undefined, topicNames: () => Promise.reject(new Error("asked the broker")) },
  );

  expect({ wish, asked }).toEqual({ wish: { name: "orders", visibility: "private" }, asked: false });
});

test("a no at the end is a refusal, and the default is yes", async () => {
  const no = topicFlow({}, { ...world, ask: script(["invoices", "private", "", "", false]).ask });
  const enter = topicFlow({}, { ...world, ask: script(["invoices", "private", "", "", ""]).ask });

  await expect(no).rejects.toMatchObject({ code: "not_confirmed" });
  await expect(enter).resolves.toMatchObject({ asked: true });
});
