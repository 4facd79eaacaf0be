import { z } from "zod";
import type { KnownKeys } from "./known-keys.ts";
import { leaf, text } from "./leaf.ts";
import type { Finding } from "./problem.ts";

const scopes = z.array(text({ expected: "a scope", fix: "Write the scope's name as a text." }));

/** What the workload asks the token service for. */
const asks = {
  client_id: text({ expected: "the workload's client id", fix: "Write for instance client_id: shop-orders." }),
  scopes,
  audiences: z.array(text({ expected: "an audience", fix: "Write the audience's name as a text." })),
};

/** What the workload lets others do. */
const offers = {
  version: leaf((value): value is "v1" => value === "v1", { expected: "v1", fix: "Write version: v1." }),
  available_scopes: scopes,
  allowed_clients: z.record(z.string(), scopes),
};

/** `auth/auth.<environment>.yaml`: either face or both. */
export const authFile = z.looseObject({
  ...z.object(asks).partial().shape,
  ...z.object(offers).partial().shape,
});

export type AuthFile = z.output<typeof authFile>;

export const authFileKeys: readonly KnownKeys[] = [
  { path: [], keys: [...Object.keys(asks), ...Object.keys(offers)], nearMiss: "error", other: "warning" },
];

/** Each face is whole or absent. `version` alone makes none: it may head any file. */
export const FACES = {
  asks: { keys: ["client_id", "scopes", "audiences"], marks: ["client_id", "scopes", "audiences"] },
  offers: { keys: ["version", "available_scopes", "allowed_clients"], marks: ["available_scopes", "allowed_clients"] },
} as const;

export type Face = keyof typeof FACES;

export function hasFace(value: object, face: Face): boolean {
  return FACES[face].marks.some((key) => key in value);
}

/** A face that is begun must be whole: half of one never gets or gives a token. */
export function missingOfFaces(value: object): readonly Finding[] {
  return (["asks", "offers"] as const)
    .filter((face) => hasFace(value, face))
    .flatMap((face) =>
      FACES[face].keys
        .filter((key) => !Object.hasOwn(value, key))
        .map((key) => missingKey(face, key, Object.keys(value))),
    );
}

const EXAMPLES: Readonly<Record<string, string>> = {
  client_id: "client_id: <product-workload>",
  scopes: "scopes: [kbroker-inbox.event-publish]",
  audiences: "audiences: [kbroker-inbox]",
  version: "version: v1",
  available_scopes: "available_scopes: [event-receive]",
  allowed_clients: "allowed_clients: {kbroker-outbox: [event-receive]}",
};

function missingKey(face: Face, key: string, present: readonly string[]): Finding {
  const mark = FACES[face].marks.find((one) => present.includes(one)) ?? key;
  const does = face === "asks" ? "asks for tokens" : "offers scopes";
  return {
    path: [key],
    severity: "error",
    message: `${key} is missing: a file that ${does} (here by ${mark}) has ${FACES[face].keys.join(", ")}.`,
    fix: `Add ${EXAMPLES[key]}.`,
  };
}
