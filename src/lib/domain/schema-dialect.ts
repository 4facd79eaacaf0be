/** The drafts of JSON Schema that kbroker takes. */
export type Dialect = "2020-12" | "draft-07";

const DIALECTS: readonly (readonly [Dialect, RegExp])[] = [
  ["2020-12", /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/],
  ["draft-07", /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/],
];

/** The draft that `$schema` names: 2020-12 where it is left out, `undefined` for one that kbroker does not take. */
export function dialectOf(schema: unknown): Dialect | undefined {
  const named = typeof schema === "object" && schema !== null && "$schema" in schema ? schema.$schema : undefined;
  if (named === undefined) return "2020-12";
  return DIALECTS.find(([, uri]) => typeof named === "string" && uri.test(named))?.[0];
}
