import type { EndpointReply } from "../api/endpoint.ts";
import type { LagView } from "../broker/broker.ts";
import { instant, instantOrNull } from "./handler.ts";

const CLOSED = { state: "closed", kind: null, since: null, reason: null, probes: 0, nextProbe: null } as const;

export function endpointReply(status: LagView["endpoint"]): EndpointReply {
  if (status === null) return { circuit: null, window: null, heldUntil: null };
  const { circuit, window, heldUntilMs } = status;
  return { circuit: circuitReply(circuit), window, heldUntil: instantOrNull(heldUntilMs) };
}

function circuitReply(open: NonNullable<LagView["endpoint"]>["circuit"]): EndpointReply["circuit"] {
  if (open === null) return CLOSED;
  const { kind, sinceMs, reason, probes, nextProbeMs } = open;
  return { state: "open", kind, since: instant(sinceMs), reason, probes, nextProbe: instant(nextProbeMs) };
}
