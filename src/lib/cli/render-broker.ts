import type { BrokerReply } from "../api/broker.ts";
import { bytesText } from "../domain/bytes-text.ts";
import { formatDuration } from "../domain/duration.ts";
import type { Paint } from "./colour.ts";
import { countText, type Field, fieldsText } from "./fields.ts";

/** More are counted above; the lists of subscriptions and connectors have them all. */
const DEGRADED_SHOWN_MAX = 10;

export function renderBroker(broker: BrokerReply, paint: Paint): string {
  const { active, paused, degraded } = broker.subscriptions;
  const state =
    broker.refusing === null ? paint.green(broker.state) : paint.red(`refuses messages: ${broker.refusing}`);
  const fields = fieldsText(
    [
      ["version", broker.version],
      ["node", broker.nodes > 1 ? `${broker.node}, one of ${broker.nodes}` : broker.node],
      ["engine", `${broker.engine} (${broker.location})`],
      ["up", `${formatDuration(broker.uptimeMs)}, since ${broker.startedAt}`],
      ["topics", countText(broker.topics)],
      ["subscriptions", `${active} active, ${paused} paused, ${degraded} degraded`],
      ...broker.degraded.slice(0, DEGRADED_SHOWN_MAX).map(degradedField),
      ["connectors", connectorsText(broker.connectors)],
      ...broker.connectors.unwell.slice(0, DEGRADED_SHOWN_MAX).map(unwellField),
      ["lag", countText(broker.lag)],
      ["parked", countText(broker.parked)],
      ["dead letters", countText(broker.deadLetters)],
      ["scheduled", countText(broker.scheduled)],
      ["stored", bytesText(broker.storedBytes)],
      ["free", bytesText(broker.freeBytes)],
      ["remembered ids", countText(broker.rememberedIds)],
    ],
    paint,
  );
  return `${paint.bold("Broker")} ${state}\n${fields}`;
}

function degradedField({ subscription, reason }: BrokerReply["degraded"][number]): Field {
  return ["degraded", `${subscription}: ${reason ?? "no reason given"}`];
}

function connectorsText({ active, paused, degraded, failed, removing }: BrokerReply["connectors"]): string {
  const text = `${active} active, ${paused} paused, ${degraded} degraded, ${failed} failed`;
  return removing === 0 ? text : `${text}, ${removing} being removed`;
}

function unwellField({ connector, status, reason }: BrokerReply["connectors"]["unwell"][number]): Field {
  return [status, `${connector}: ${reason ?? "no reason given"}`];
}
