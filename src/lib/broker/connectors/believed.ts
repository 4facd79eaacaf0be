import type { Connector } from "../../domain/connector.ts";
import type { ConnectorReport } from "../../domain/connector-report.ts";
import { firstReport } from "../../domain/connector-status.ts";
import { isConnectorReport } from "../../domain/documents.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { HoldParts } from "./hold-deps.ts";

/**
 * Where the last owner got to; where there was none, the beginning. A report of another form holds a position all the same: whoever began
 * without it would read everything once more, or leave out what came since. Only a later beginning does without it.
 */
export async function believedReport(
  { engine, ownership, clock }: HoldParts,
  connector: Connector,
): Promise<ConnectorReport> {
  const value = (await engine.reports.read(ownership.resource))?.value;
  if (value === undefined) return firstReport(connector.incarnation, clock.now());
  if (isConnectorReport(value)) return value;
  const incarnation = incarnationOf(value);
  if (incarnation !== undefined && incarnation < connector.incarnation) return firstReport(incarnation, clock.now());
  throw new KBrokerError("data_unreadable", `The position of "${connector.name}" has a form that is not known here.`, {
    hint: `Run the version of kbroker that wrote it, or begin from scratch: kbroker connector restart ${connector.name} --snapshot initial`,
  });
}

function incarnationOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !("incarnation" in value)) return undefined;
  return typeof value.incarnation === "number" ? value.incarnation : undefined;
}
