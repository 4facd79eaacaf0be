import { SECRET_ENV_PREFIX, type SecretReference } from "./connector.ts";

/** Whoever may create a connector names what is sent to a host of theirs: nothing outside these two places is ever read. */
export function secretProblem({ kind, name }: SecretReference): string | undefined {
  if (kind === "env")
    return name.startsWith(SECRET_ENV_PREFIX) && /^[A-Z0-9_]+$/.test(name)
      ? undefined
      : `The variable of a secret begins with ${SECRET_ENV_PREFIX} and has only capitals, digits and "_"; "${name}" does not.`;
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)
    ? undefined
    : `The file of a secret is named without a path: letters, digits, ".", "_" and "-"; "${name}" is not.`;
}

/** In the words of a message; the name is no secret. */
export function secretText(reference: SecretReference | undefined): string {
  return reference === undefined ? "none" : `${reference.kind}:${reference.name}`;
}
