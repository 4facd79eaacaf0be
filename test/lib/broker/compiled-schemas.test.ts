import { expect, it } from "vitest";
import { keepCompiled } from "../../../src/lib/broker/compiled-schemas.ts";

function counting(countMax: number) {
  const compiled: string[] = [];
  const compile = keepCompiled((definition) => {
    compiled.push(definition);
    if (definition === "bad") throw new Error("bad");
    return () => [{ message: definition }];
  }, countMax);
  return { compile, compiled };
}

it("compiles each text once", () => {
  const { compile, compiled } = counting(10);

  expect(compile("a")).toBe(compile("a"));
  expect(compile("b")(1)).toEqual([{ message: "b" }]);
  expect(compiled).toEqual(["a", "b"]);
});

it("lets go of the one used longest ago", () => {
  const { compile, compiled } = counting(2);

  for (const definition of ["a", "b", "a", "c", "a", "b"]) compile(definition);

  expect(compiled).toEqual(["a", "b", "c", "b"]);
});

it("does not keep a failure", () => {
  const { compile, compiled } = counting(2);

  expect(() => compile("bad")).toThrow("bad");
  expect(() => compile("bad")).toThrow("bad");
  expect(compiled).toEqual(["bad", "bad"]);
});
