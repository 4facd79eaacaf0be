import { type DeliveryReport, isDeliveryReport } from "../../domain/delivery-report.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { DeliveryStatus } from "../delivery/delivery.ts";
import type { Control } from "./control.ts";

/**
 * A report is believed for as long as the node that made it is there and has the resource still, under the same hold: an owner tells at once
 * what changes, and the same again within 30 s (`toldAgainMs`). One whose reports stay away although it is there is believed for so long.
 */
const REPORT_AGE_MS_MAX = 75_000;

type Looking = Pick<Control, "engine" | "delivery" | "clock" | "node">;

export interface OwnerStatus {
  readonly status: DeliveryStatus;
  /** The owner's node. */
  readonly owner: string;
}

/**
 * What the owner of a subscription knows: from memory where that is this node, else as it reported last, with the cursors that it
 * committed. `undefined`: nobody knows.
 */
export async function statusOf(
  { engine, delivery, clock, node }: Looking,
  { id }: Pick<Subscription, "id">,
): Promise<OwnerStatus | undefined> {
  const own = delivery.status(id);
  if (own !== undefined) return { status: own, owner: node };
  const owner = engine.nodes.ownerOf(id);
  if (owner === undefined || owner.isSelf) return undefined;
  const report = await engine.reports.read(id);
  if (report === undefined || clock.now() - report.atMs > REPORT_AGE_MS_MAX) return undefined;
  // What an owner before told says nothing of what was done since.
  if (!owner.holds.some(({ resource, epoch }) => resource === id && epoch === report.epoch)) return undefined;
  const told = deliveryIn(report.value);
  if (told === undefined) return undefined;
  const cursors = await engine.cursors.load(id);
  const { letters, ...same } = told;
  return {
    status: { ...same, cursors, ...(letters !== undefined && { letters: { ...letters, cursors } }) },
    owner: owner.id,
  };
}

function deliveryIn(value: unknown): DeliveryReport | undefined {
  if (typeof value !== "object" || value === null || !("delivery" in value)) return undefined;
  return isDeliveryReport(value.delivery) ? value.delivery : undefined;
}

/** Who owns it, or is to; `null` where this node would know better. */
export function ownerElsewhere({ engine }: Pick<Control, "engine">, { id }: Pick<Subscription, "id">): string | null {
  const owner = engine.nodes.ownerOf(id);
  return owner === undefined || owner.isSelf ? null : owner.id;
}
