import { SourceError, type SourceMeasure } from "../../connectors/port.ts";
import type { Connector } from "../../domain/connector.ts";
import type { HoldParts } from "./hold-deps.ts";
import { settingsOf } from "./settings.ts";
import { untilAborted } from "./until.ts";

/** `undefined`: it cannot be measured now, and nobody knows. What keeps it from that is told by the stream, too. */
export async function measure(
  { sources }: HoldParts,
  connector: Connector,
  signal: AbortSignal,
): Promise<SourceMeasure | undefined> {
  try {
    return await untilAborted(sources[connector.kind].measure(settingsOf(connector)), signal);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}
