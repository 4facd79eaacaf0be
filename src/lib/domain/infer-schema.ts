import { isJsonObject, kindOf } from "./json-value.ts";

/** A draft of a schema that every sample fits: types, properties, and as required what each of the objects has. */
export function inferSchema(samples: readonly unknown[]): object {
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...inferred(samples) };
}

function inferred(samples: readonly unknown[]): object {
  const types = typesOf(samples);
  const [only] = types;
  return {
    ...(types.length === 0 ? {} : { type: types.length === 1 ? only : types }),
    ...objectKeywords(samples.filter(isJsonObject)),
    ...arrayKeywords(samples.filter((sample): sample is readonly unknown[] => Array.isArray(sample))),
  };
}

function typesOf(samples: readonly unknown[]): readonly string[] {
  const kinds = new Set(samples.map(kindOf));
  // Samples with one fraction among whole numbers say that a fraction may come.
  if (kinds.has("fraction")) kinds.delete("integer");
  return Array.from(kinds, (kind) => (kind === "fraction" ? "number" : kind));
}

function objectKeywords(objects: readonly Readonly<Record<string, unknown>>[]): object {
  if (objects.length === 0) return {};
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const valuesOf = (name: string) =>
    objects.filter((object) => Object.hasOwn(object, name)).map((object) => object[name]);
  const required = names.filter((name) => valuesOf(name).length === objects.length);
  const properties = Object.fromEntries(names.map((name) => [name, inferred(valuesOf(name))]));
  return { properties, ...(required.length === 0 ? {} : { required }) };
}

function arrayKeywords(arrays: readonly (readonly unknown[])[]): object {
  const items = arrays.flat(1);
  return items.length === 0 ? {} : { items: inferred(items) };
}
