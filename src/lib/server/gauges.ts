import { Gauge, type Registry } from "prom-client";
import type { Broker, BrokerView, LagView } from "../broker/broker.ts";
import type { ConnectorView } from "../broker/requests/connectors.ts";
import { CONNECTOR_STATUSES } from "../domain/connector-report.ts";

const OF_SUBSCRIPTION: Readonly<Record<string, readonly [help: string, read: (view: LagView) => number | null]>> = {
  kbroker_lag: ["Messages not yet delivered.", ({ lag }) => lag],
  kbroker_in_flight: ["Pushes under way.", ({ inFlight }) => inFlight],
  kbroker_parked_messages: ["Messages that wait for their next attempt.", ({ parked }) => parked],
  kbroker_dead_letters: ["Dead letters, neither redriven nor purged.", ({ deadLetters }) => deadLetters],
  kbroker_set_aside_letters: ["Dead letters that were redriven too often.", ({ setAside }) => setAside],
  kbroker_oldest_age_seconds: ["Age of the oldest undelivered message; 0 when there is none.", oldestAgeS],
  kbroker_paused: ["1 while paused.", ({ state }) => (state === "paused" ? 1 : 0)],
  kbroker_degraded: ["1 while something keeps it from delivering.", ({ health }) => degraded(health)],
  kbroker_circuit_open: [
    "1 while the circuit is open.",
    ({ endpoint }) => endpoint && Number(endpoint.circuit !== null),
  ],
  kbroker_window: ["Pushes that there may be at once.", ({ endpoint }) => endpoint?.window ?? null],
};

const OF_BROKER: Readonly<Record<string, readonly [help: string, read: (view: BrokerView) => number | null]>> = {
  kbroker_stored_bytes: ["Bytes that the engine keeps.", ({ engine }) => engine.storedBytes],
  kbroker_free_bytes: ["Bytes free where the data lies.", ({ engine }) => engine.freeBytes],
  kbroker_remembered_ids: ["Ids remembered for deduplication.", ({ engine }) => engine.rememberedIds],
  kbroker_remembered_ids_max: ["How many ids can be remembered.", ({ engine }) => engine.rememberedIdsMax],
  kbroker_scheduled_messages: ["Messages that wait for their time.", ({ engine }) => engine.scheduled],
  kbroker_refusing: ["1 while the engine refuses new messages.", ({ engine }) => (engine.refusing === null ? 0 : 1)],
};

const OF_CONNECTOR: Readonly<Record<string, readonly [help: string, read: (view: ConnectorView) => number | null]>> = {
  kbroker_connector_lag_bytes: ["Log of the database not yet read.", ({ report }) => report?.lag?.bytes ?? null],
  kbroker_connector_lag_seconds: ["Age of the oldest change not yet read; 0 when there is none.", lagS],
  kbroker_connector_retained_wal_bytes: [
    "Log that the database keeps for it.",
    ({ report }) => report?.retainedBytes ?? null,
  ],
  kbroker_connector_retained_wal_warning: ["1 while that is over the limit.", isRetainingTooMuch],
};

/** Sets the gauges from what is so now; what is not known has no sample, and what is gone leaves none behind. */
export function openGauges(registry: Registry): (broker: Broker) => Promise<void> {
  const gauge = (name: string, help: string, labelNames: readonly string[]) => {
    const made = new Gauge({ name, help, labelNames, registers: [registry] });
    clear(made);
    return made;
  };
  const ofSubscription = Object.entries(OF_SUBSCRIPTION).map(
    ([name, [help, read]]) => [gauge(name, help, ["subscription", "topic"]), read] as const,
  );
  const ofBroker = Object.entries(OF_BROKER).map(([name, [help, read]]) => [gauge(name, help, []), read] as const);
  const ofConnector = Object.entries(OF_CONNECTOR).map(
    ([name, [help, read]]) => [gauge(name, help, ["connector"]), read] as const,
  );
  const statuses = gauge("kbroker_connector_status", "1 for the status that it has.", ["connector", "status"]);
  return async (broker) => {
    const [views, status, connectors] = await Promise.all([
      broker.snapshot(),
      broker.status(),
      broker.listConnectors(),
    ]);
    for (const [each, read] of ofConnector) {
      clear(each);
      for (const view of connectors) set(each, { connector: view.connector.name }, read(view));
    }
    clear(statuses);
    for (const { connector, report } of connectors) {
      if (report === null) continue;
      for (const one of CONNECTOR_STATUSES)
        statuses.set({ connector: connector.name, status: one }, Number(one === report.status));
    }
    for (const [each, read] of ofSubscription) {
      clear(each);
      for (const view of views) set(each, { subscription: view.subscription, topic: view.topic }, read(view));
    }
    for (const [each, read] of ofBroker) {
      clear(each);
      set(each, {}, read(status));
    }
  };
}

/** Not only `reset`: that gives a gauge without labels the value 0, which would be a claim. */
function clear(gauge: Gauge): void {
  gauge.reset();
  gauge.remove({});
}

function set(gauge: Gauge, labels: Record<string, string>, value: number | null): void {
  if (value !== null) gauge.set(labels, value);
}

function oldestAgeS({ oldestUndelivered, lag }: LagView): number | null {
  if (oldestUndelivered !== null) return oldestUndelivered.ageMs / 1_000;
  return lag === 0 ? 0 : null;
}

function degraded(health: LagView["health"]): number | null {
  return health === "unknown" ? null : Number(health === "degraded");
}

function lagS({ report }: ConnectorView): number | null {
  return report === null || report.lag === null ? null : report.lag.ms / 1_000;
}

function isRetainingTooMuch({ connector, report }: ConnectorView): number | null {
  if (report === null || report.retainedBytes === null) return null;
  return Number(report.retainedBytes > connector.retainedBytesWarn);
}
