import { hostname } from "node:os";
import { openConnectors } from "./broker/connectors/open-connectors.ts";
import { CONTROL_RESOURCE, openControlDuty } from "./broker/control/duty.ts";
import { openDelivery } from "./broker/delivery/open-delivery.ts";
import type { Observer } from "./broker/observer.ts";
import { createBroker } from "./broker/open.ts";
import { routeOwners } from "./broker/route-owners.ts";
import { openFiring } from "./broker/schedules/open-firing.ts";
import { postgresqlSource } from "./connectors/postgresql/source.ts";
import { CONNECTORS_PREFIX, type SecretReference } from "./domain/connector.ts";
import { type NodeName, ROLES, type Role } from "./domain/node.ts";
import { createOpened, type Opened } from "./domain/opened.ts";
import { SCHEDULES_PREFIX } from "./engine/port.ts";
import { timeOrderedIds } from "./ids.ts";
import { openEngine, type Place, placeOf, type Storage } from "./open-engine.ts";
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
  /** How this process calls itself to others that work on the same storage. */
  readonly node?: NodeConfig;
  /** A secret that a connector names, read when it is needed, each time anew; `undefined` where there is none. Left out: there are none. */
  readonly secret?: (reference: SecretReference) => Promise<string | undefined>;
}

export interface NodeConfig {
  /** Told from every other node by this, also after a restart. Left out: the machine's name and the port. */
  readonly id?: string;
  /** The URL under which the other nodes reach it. Left out: where it listens. */
  readonly advertise?: string;
  /** Left out: all. */
  readonly roles?: readonly Role[];
}

export interface OpenBroker {
  readonly url: string;
  readonly place: Place;
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
  const { storage, onFatal } = config;
  const { advertise } = config.node ?? {};
  const allowedHosts =
    advertise === undefined ? config.allowedHosts : [...config.allowedHosts, new URL(advertise).hostname];
  const roles = config.node?.roles ?? ROLES;
  const serving = { ...config, allowedHosts, metrics, log, newId, node: () => node.id, roles };
  const server = opened.add(await openServer(serving), (part) => part.close());
  const node = nodeName(config.node, server.url);
  const engine = opened.add(await openEngine({ storage, node, log, onFatal }), (part) => part.close());
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
  const duty = openControlDuty({ clock, engine: { ...engine, owners: owners(CONTROL_RESOURCE) } });
  const firing = openFiring({ ...effects, engine: { ...engine, owners: owners(SCHEDULES_PREFIX) } });
  const uses = {
    ...effects,
    engine,
    delivery,
    firing,
    connectors,
    duty,
    sources,
    compileSchema: createCompileSchema(),
    node: node.id,
  };
  const broker = opened.add(await createBroker(uses), async (part) => {
    server.refuse();
    await part.stop(DRAIN_MS);
  });
  await broker.start();
  server.serve(broker);
  const place = placeOf(storage, node);
  if (node.url === null && storage.engine === "kafka")
    log("warn", "Other nodes cannot reach this one: give --advertise <url>.");
  log("info", "Ready.", { url: server.url, ...place });
  let closing: Promise<void> | undefined;
  const close = async () => {
    log("info", "Stopping: deliveries under way are waited for.", { drainMs: DRAIN_MS });
    await opened.close();
    log("info", "Stopped.");
  };
  return {
    url: server.url,
    place,
    close: () => {
      closing ??= close();
      return closing;
    },
    idle: broker.idle,
  };
}

const noSecret = async () => undefined;

/** An address that means "all of this machine's" tells other machines nothing. */
function nodeName({ id, advertise, roles = ROLES }: NodeConfig = {}, url: string): NodeName {
  const { hostname: host, port } = new URL(url);
  const own = host === "0.0.0.0" || host === "[::]" ? null : url;
  return { id: id ?? `${hostname()}-${port}`, url: advertise ?? own, roles };
}
