import { type NodeName, ROLES } from "../../../domain/node.ts";

/** A node as it calls itself in the group of nodes. */
export interface Member extends NodeName {
  /** Of this life of the process: a node that was started again has another one. */
  readonly run: string;
  /** Counts what this life of it has said of itself. */
  readonly edition: number;
  /** Wall time. */
  readonly sinceMs: number;
  /** It is about to go: nothing new is to be its own, and what it still owns is waited for. */
  readonly isLeaving: boolean;
}

/** The same on every node: what the leader of the group sent to all of them. */
export interface Table {
  readonly version: number;
  /** Ascending by id. */
  readonly members: readonly Member[];
}

export function encodeMember(member: Member): Buffer {
  return Buffer.from(JSON.stringify(member));
}

/** `undefined`: nothing that `encodeMember` wrote. */
export function decodeMember(bytes: Uint8Array | null): Member | undefined {
  const value = parse(bytes);
  return isMember(value) ? value : undefined;
}

export function encodeTable(table: Table): Buffer {
  return Buffer.from(JSON.stringify(table));
}

export function decodeTable(bytes: Uint8Array | null): Table | undefined {
  const value = parse(bytes);
  return isTable(value) ? value : undefined;
}

export function tableOf(version: number, members: readonly Member[]): Table {
  return { version, members: members.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

function parse(bytes: Uint8Array | null): unknown {
  if (bytes === null || bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isTable(value: unknown): value is Table {
  if (typeof value !== "object" || value === null) return false;
  const members: unknown = Reflect.get(value, "members");
  return typeof Reflect.get(value, "version") === "number" && Array.isArray(members) && members.every(isMember);
}

function isMember(value: unknown): value is Member {
  if (typeof value !== "object" || value === null) return false;
  const field = (name: keyof Member): unknown => Reflect.get(value, name);
  const [roles, url] = [field("roles"), field("url")];
  return (
    typeof field("id") === "string" &&
    (url === null || typeof url === "string") &&
    Array.isArray(roles) &&
    roles.every((role) => ROLES.some((known) => known === role)) &&
    typeof field("run") === "string" &&
    typeof field("edition") === "number" &&
    typeof field("sinceMs") === "number" &&
    typeof field("isLeaving") === "boolean"
  );
}
