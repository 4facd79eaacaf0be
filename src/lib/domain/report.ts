/** Tells the operator. Nothing here may throw; `fields` hold no payload and no secret. */
export type Report = (
  level: "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
