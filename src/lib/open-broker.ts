import { hostname } from "node:os";
import { openConnectors } from "./broker/connectors/open-connectors.ts";
import { openDelivery } from "./broker/delivery/open-delivery.ts";
import type { Observer } from "./broker/observer.ts";
import { createBroker } from "./broker/open.ts";
import { routeOwners } from "./broker/route-owners.ts";
import { openFiring } from "./broker/schedules/open-firing.ts";
import { postgresqlSource } from "./connectors/postgresql/source.ts";
import { CONNECTORS_PREFIX, type SecretReference } from "./domain/connector.ts";
import { openEmbeddedEngine } from "./engine/embedded/engine.ts";
import type { EmbeddedLimits } from "./engine/embedded/limits.ts";
import { type Engine, SCHEDULES_PREFIX } from "./engine/port.ts";
import { timeOrderedIds } from "./ids.ts";
import { createOpened, type Opened } from "./opened.ts";
import { openOutbox } from "./outbox/outbox.ts";
import { openReach } from "./outbox/reach.ts";
import { createCompileSchema } from "./schemas/compile.ts";
import type { Limits } from "./server/limits.ts";
import type { Listen } from "./server/listen.ts";
import { type Log, type LogOptions, openLog } from "./server/log.ts";
import { openMetrics } from "./server/metrics.ts";
import { openServer } from "./server/server.ts";
import { systemClock } from "./system-clock.ts";

/** What is in flight has this long when the broker closes; a platform kills after 25 s. */
export const DRAIN_MS = 20_000;

export interface BrokerConfig {
  readonly version: string;
  readonly listen: Listen;
  /** Other names under which this broker is reached. */
  readonly allowedHosts: readonly string[];
  readonly storage: Storage;
  readonly log: LogOptions;
  /** Nobody knows any more what is on disk: the process has to end, at once and with a failure. Told after the log. */
  readonly onFatal: (error: Error) => void;
  readonly limits?: Limits;
  /** A secret that a connector names, read when it is needed, each time anew; `undefined` where there is none. Left out: there are none. */
  readonly secret?: (reference: SecretReference) => Promise<string | undefined>;
}

export interface Storage {
  readonly dataDir: string;
  /** Go on although data is missing, and count what is missing as damaged. */
  readonly acceptLoss: boolean;
  readonly limits?: Partial<EmbeddedLimits>;
}

export interface OpenBroker {
  readonly url: string;
  readonly dataDir: string;
  /** Takes nothing new, drains what is in flight, commits, lets go of everything. Calling it twice is fine. */
  close(): Promise<void>;
  /** Resolves when nothing is in flight and nothing can be sent before time passes or something new arrives. */
  idle(): Promise<void>;
}

/**
 * The composition root: the only place that knows every part. Listens first (health is answered while the engine recovers),
 * takes requests last. When a part cannot be opened, those before it are closed again.
 */
export async function openBroker(config: BrokerConfig): Promise<OpenBroker> {
  const opened = createOpened();
  const log = openLog(config.log);
  try {
    return await open(config, { opened, log });
  } catch (error) {
    await opened
      .close()
      .catch((failure: unknown) => log("error", "What was opened does not close.", { error: failure }));
    throw error;
  }
}

interface Context {
  readonly opened: Opened;
  readonly log: Log;
}

async function open(config: BrokerConfig, { opened, log }: Context): Promise<OpenBroker> {
  const clock = systemClock;
  const metrics = openMetrics();
  const newId = timeOrderedIds(clock.now);
  const server = opened.add(await openServer({ ...config, metrics, log, newId }), (part) => part.close());
  const engine = opened.add(await openEngine(config, log), (part) => part.close());
  const outbox = opened.add(openOutbox({ clock }), (part) => part.close());
  const observer: Observer = { ...metrics.observer, log };
  const effects = { ...outbox, clock, newId, observer, random: Math.random };
  const owners = routeOwners(engine.owners);
  const delivery = openDelivery({ ...effects, engine: { ...engine, owners: owners("") } });
  const { lookup, problem: addressProblem } = openReach();
  const reach = { lookup, addressProblem };
  const sources = { postgresql: postgresqlSource({ clock, ...reach, secret: config.secret ?? noSecret }) };
  const connected = { ...effects, sources, engine: { ...engine, owners: owners(CONNECTORS_PREFIX) } };
  const connectors = openConnectors(connected);
  const firing = openFiring({ ...effects, engine: { ...engine, owners: owners(SCHEDULES_PREFIX) } });
  const uses = {
    ...effects,
    engine,
    delivery,
    firing,
    connectors,
    sources,
    compileSchema: createCompileSchema(),
    node: hostname(),
  };
  const broker = opened.add(await createBroker(uses), async (part) => {
    server.refuse();
    await part.stop(DRAIN_MS);
  });
  await broker.start();
  server.serve(broker);
  log("info", "Ready.", { url: server.url, dataDir: config.storage.dataDir });
  let closing: Promise<void> | undefined;
  const close = async () => {
    log("info", "Stopping: deliveries under way are waited for.", { drainMs: DRAIN_MS });
    await opened.close();
    log("info", "Stopped.");
  };
  return {
    url: server.url,
    dataDir: config.storage.dataDir,
    close: () => {
      closing ??= close();
      return closing;
    },
    idle: broker.idle,
  };
}

const noSecret = async () => undefined;

function openEngine({ storage, onFatal }: BrokerConfig, log: Log): Promise<Engine> {
  const { dataDir: dir, acceptLoss, limits } = storage;
  const fatal = (error: Error) => {
    log("error", "The broker ends: what is on disk is not known any more.", { error });
    onFatal(error);
  };
  return openEmbeddedEngine({ ...limits, dir, acceptLoss, clock: systemClock, report: log, onFatal: fatal });
}
