import { Counter, Histogram, Registry } from "prom-client";
import type { Broker } from "../broker/broker.ts";
import type { Observer } from "../broker/observer.ts";
import type { Code } from "../domain/error.ts";
import { openGauges } from "./gauges.ts";

export interface Metrics {
  readonly observer: Omit<Observer, "log">;
  refused(code: Code): void;
  /** The page in Prometheus's text format; gauges are read from `broker` now. */
  page(broker: Broker | undefined): Promise<string>;
  readonly contentType: string;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const OF_SUBSCRIPTION = ["subscription", "topic"] as const;

/** Labels name only what exists: topics, subscriptions, and the few results and codes. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const published = counter("kbroker_published_total", "Messages published.", ["topic", "result"]);
  const delivered = counter("kbroker_delivered_total", "Pushes, by what came of them.", [...OF_SUBSCRIPTION, "result"]);
  const probes = counter("kbroker_probes_total", "Pushes that tried a failing endpoint.", OF_SUBSCRIPTION);
  const strikes = counter("kbroker_strikes_total", "Failed deliveries that count as strikes.", OF_SUBSCRIPTION);
  const parked = counter("kbroker_parked_total", "Failed deliveries that were parked.", OF_SUBSCRIPTION);
  const dead = counter("kbroker_dead_lettered_total", "Messages given up on.", OF_SUBSCRIPTION);
  const redriven = counter("kbroker_redriven_total", "Dead letters delivered once more.", OF_SUBSCRIPTION);
  const expired = counter("kbroker_expired_total", "Messages whose time was over before a delivery.", OF_SUBSCRIPTION);
  const damaged = counter("kbroker_damaged_total", "Offsets whose record is damaged or lost.", OF_SUBSCRIPTION);
  const repeats = counter("kbroker_repeats_total", "Repeats of an id that were stored and not delivered.", [
    ...OF_SUBSCRIPTION,
    "payload",
  ]);
  const forgotten = new Counter({
    ...{ name: "kbroker_forgotten_ids_total", help: "Ids forgotten before their window was over.", registers },
  });
  const refused = counter("kbroker_http_errors_total", "Requests, and lines of a batch, answered with an error.", [
    "code",
  ]);
  const took = new Histogram({
    ...{ name: "kbroker_delivery_seconds", help: "How long a push took.", labelNames: OF_SUBSCRIPTION },
    ...{ buckets: SECONDS, registers },
  });
  const scheduled = counter("kbroker_scheduled_total", "Messages scheduled.", ["topic", "result"]);
  const fired = counter("kbroker_scheduled_fired_total", "Scheduled messages published.", ["topic", "result"]);
  const dropped = new Counter({
    ...{ name: "kbroker_scheduled_dropped_total", help: "Scheduled messages whose topic was deleted.", registers },
  });
  const late = new Histogram({
    ...{
      name: "kbroker_scheduled_late_seconds",
      help: "From the due time to the publish time.",
      labelNames: ["topic"],
    },
    ...{ buckets: SECONDS, registers },
  });
  const ofConnector = ["connector"] as const;
  const captured = {
    stored: counter("kbroker_connector_changes_total", "Changes that are in their topics now.", ofConnector),
    duplicates: counter("kbroker_connector_duplicates_total", "Changes that were there already.", ofConnector),
    oversize: counter("kbroker_connector_oversize_total", "Changes left out: over a message's limits.", ofConnector),
  };
  const faulted = counter("kbroker_connector_faults_total", "Failures of connectors.", [...ofConnector, "code"]);
  const gauges = openGauges(registry);
  return {
    observer: {
      published: (topic, result) => published.inc({ topic, result }),
      scheduled: (topic, result) => scheduled.inc({ topic, result }),
      fired: (topic, result, lateMs) => {
        fired.inc({ topic, result });
        late.observe({ topic }, lateMs / 1_000);
      },
      scheduleDropped: (count) => dropped.inc(count),
      delivered: (subscription, topic, result, tookMs) => {
        delivered.inc({ subscription, topic, result });
        took.observe({ subscription, topic }, tookMs / 1_000);
      },
      probed: (subscription, topic) => probes.inc({ subscription, topic }),
      struck: (subscription, topic) => strikes.inc({ subscription, topic }),
      parked: (subscription, topic) => parked.inc({ subscription, topic }),
      deadLettered: (subscription, topic) => dead.inc({ subscription, topic }),
      redriven: (subscription, topic, count) => redriven.inc({ subscription, topic }, count),
      expired: (subscription, topic, count) => expired.inc({ subscription, topic }, count),
      damaged: (subscription, topic, count) => damaged.inc({ subscription, topic }, count),
      repeated: (subscription, topic, { same, other }) => {
        if (same > 0) repeats.inc({ subscription, topic, payload: "same" }, same);
        if (other > 0) repeats.inc({ subscription, topic, payload: "other" }, other);
      },
      forgotten: (count) => forgotten.inc(count),
      captured: (connector, { stored, duplicates, oversize }) => {
        captured.stored.inc({ connector }, stored);
        captured.duplicates.inc({ connector }, duplicates);
        captured.oversize.inc({ connector }, oversize);
      },
      faulted: (connector, code) => faulted.inc({ connector, code }),
    },
    refused: (code) => refused.inc({ code }),
    page: async (broker) => {
      if (broker !== undefined) await gauges(broker);
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
