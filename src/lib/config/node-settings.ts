import { KBrokerError } from "../domain/error.ts";
import { ROLES, type Role } from "../domain/node.ts";
import { addressProblem, normalAddress } from "./address.ts";

/** What one node says of itself; each belongs to a process, so that no file holds it. */
export interface NodeSettings {
  /** Left out: made of the host's name and the port. */
  readonly id?: string;
  /** Where other nodes reach it; left out: where it listens. */
  readonly advertise?: string;
  /** Left out: all. */
  readonly roles?: readonly Role[];
}

export interface NodeFlags {
  readonly "node-id"?: string | undefined;
  readonly advertise?: string | undefined;
  readonly roles?: string | undefined;
}

/** In order, with the variable that stands in for the flag. */
const NODE_VARIABLES = {
  "node-id": "KBROKER_NODE_ID",
  advertise: "KBROKER_ADVERTISE",
  roles: "KBROKER_ROLES",
} as const satisfies Record<keyof NodeFlags, string>;

/** Fails with `config_invalid`. */
export function nodeSettings(flags: NodeFlags, env: Readonly<Record<string, string | undefined>>): NodeSettings {
  const given = (key: keyof NodeFlags) => {
    const text = flags[key] ?? (env[NODE_VARIABLES[key]] || undefined);
    return text === undefined
      ? undefined
      : { text, origin: flags[key] === undefined ? NODE_VARIABLES[key] : `--${key}` };
  };
  const [id, advertise, roles] = [given("node-id"), given("advertise"), given("roles")];
  return {
    ...(id && { id: checked(id, idProblem, "kbroker-1").text }),
    ...(advertise && {
      advertise: normalAddress(checked(advertise, addressProblem, "http://10.0.0.7:7070").text),
    }),
    ...(roles && { roles: rolesOf(roles) }),
  };
}

interface Given {
  readonly text: string;
  readonly origin: string;
}

function checked(given: Given, problemOf: (text: string) => string | undefined, example: string): Given {
  const problem = problemOf(given.text);
  if (problem === undefined) return given;
  throw new KBrokerError("config_invalid", `${given.origin} cannot be used: ${problem}.`, {
    hint: `Give it a value such as ${example}.`,
  });
}

function idProblem(text: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,128}$/.test(text) ? undefined : "it is not 1 to 128 letters, digits, ., _ and -";
}

function rolesOf(given: Given): readonly Role[] {
  const parts = given.text.split(",").map((part) => part.trim());
  const unknown = parts.find((part) => !ROLES.some((role) => role === part));
  checked(
    given,
    () => (unknown === undefined ? undefined : `there is no role ${JSON.stringify(unknown.slice(0, 40))}`),
    ROLES.join(","),
  );
  return ROLES.filter((role) => parts.includes(role));
}
