import type { ConnectorsStatus } from "../broker.ts";
import type { ConnectorView } from "../requests/connectors.ts";
import { listConnectors } from "./connector-view.ts";
import type { Control } from "./control.ts";

/** So many are named; how many there are is a number beside it. */
const UNWELL_MAX = 100;

type Unwell = ConnectorsStatus["unwell"][number];

/** How many connectors there are, and which of them somebody should look at. */
export async function connectorsStatus(control: Control): Promise<ConnectorsStatus> {
  const views = await listConnectors(control);
  const going = control.view.connectorDocuments().filter(({ value }) => value.deletion !== undefined);
  const removing = going.map(({ value: { name, id } }): Unwell => {
    return { connector: name, status: "removing", reason: control.removals.reason(id) };
  });
  const unwell = [...views.flatMap(unwellOf), ...removing].sort((a, b) => (a.connector < b.connector ? -1 : 1));
  const count = (...statuses: readonly string[]) => unwell.filter(({ status }) => statuses.includes(status)).length;
  return {
    active: views.filter(({ connector }) => connector.state === "active").length,
    paused: views.filter(({ connector }) => connector.state === "paused").length,
    degraded: count("degraded", "retrying"),
    failed: count("failed"),
    removing: removing.length,
    unwell: unwell.slice(0, UNWELL_MAX),
  };
}

function unwellOf({ connector: { name: connector }, report }: ConnectorView): readonly Unwell[] {
  if (report === null) return [];
  const { status, fault, warnings } = report;
  const isUnwell = status === "degraded" || status === "retrying" || status === "failed";
  // A database keeps its log for one that is paused, too.
  if (!isUnwell && warnings.length === 0) return [];
  return [{ connector, status, reason: (fault ?? warnings[0])?.message ?? null }];
}
