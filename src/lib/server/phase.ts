import type { Broker } from "../broker/broker.ts";
import { KBrokerError } from "../domain/error.ts";

/** Where the process is in its life: decides what `/_/ready` says and which requests are taken. */
export type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly broker: Broker }
  /** What looks is still answered; what changes something is refused. */
  | { readonly kind: "stopping"; readonly broker: Broker | undefined };

/** Holds the phase: the one thing in the server that changes. */
export interface PhaseHolder {
  current: Phase;
}

/** The broker for a request that only looks. */
export function brokerToLook({ current }: PhaseHolder): Broker {
  if (current.kind === "starting") throw starting();
  if (current.broker === undefined) throw stopping();
  return current.broker;
}

/** The broker for a request that changes something. */
export function brokerToChange({ current }: PhaseHolder): Broker {
  if (current.kind === "ready") return current.broker;
  throw current.kind === "starting" ? starting() : stopping();
}

function starting(): KBrokerError {
  return new KBrokerError("broker_starting", "The broker is starting.", {
    hint: "Wait until GET /_/ready answers 200, then send it again.",
    retryAfterS: 1,
  });
}

function stopping(): KBrokerError {
  return new KBrokerError("broker_stopping", "The broker is stopping.", {
    hint: "Nothing was kept; send it again when it is back.",
    retryAfterS: 5,
  });
}
