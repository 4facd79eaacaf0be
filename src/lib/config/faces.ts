import type { AuthFile, Face } from "./auth-file.ts";
import { hasFace } from "./auth-file.ts";
import type { Finding } from "./problem.ts";

/** The client that pushes events, and the scope that lets it. */
const OUTBOX_CLIENT = "kbroker-outbox";
const RECEIVE_SCOPE = "event-receive";
/** What a publisher's token must hold. */
const PUBLISH_SCOPE = "kbroker-inbox.event-publish";
const INBOX_AUDIENCE = "kbroker-inbox";

/** What keeps events from flowing through a face that the file has; nothing for a face that it has not. */
export function faceFindings(value: AuthFile, face: Face): readonly Finding[] {
  if (!hasFace(value, face)) return [];
  return face === "asks" ? askFindings(value) : offerFindings(value);
}

function askFindings({ scopes = [], audiences = [] }: AuthFile): Finding[] {
  return [
    ...lacking(["scopes"], scopes, PUBLISH_SCOPE, "publishing to kbroker is refused"),
    ...lacking(["audiences"], audiences, INBOX_AUDIENCE, "publishing to kbroker is refused"),
  ];
}

function offerFindings({ available_scopes: available = [], allowed_clients: clients = {} }: AuthFile): Finding[] {
  const granted = Object.hasOwn(clients, OUTBOX_CLIENT) ? (clients[OUTBOX_CLIENT] ?? []) : [];
  return [
    ...lacking(["available_scopes"], available, RECEIVE_SCOPE, "kbroker cannot push to this workload"),
    ...lacking(["allowed_clients", OUTBOX_CLIENT], granted, RECEIVE_SCOPE, "kbroker cannot push to this workload"),
  ];
}

function lacking(path: readonly string[], list: readonly string[], wanted: string, effect: string): Finding[] {
  if (list.includes(wanted)) return [];
  return [
    {
      path,
      at: "key",
      severity: "warning",
      message: `Expected ${wanted} in ${path.join(".")}: without it ${effect}.`,
      fix: `Add - ${wanted} to ${path.join(".")}.`,
    },
  ];
}
