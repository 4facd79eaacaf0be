import { KBrokerError } from "../domain/error.ts";
import { expiryClock } from "../domain/expiry.ts";
import type { Broker, BrokerDeps } from "./broker.ts";
import { openCatalogView } from "./catalog-view.ts";
import { keepCompiled } from "./compiled-schemas.ts";
import type { Connectors } from "./connectors/connectors.ts";
import { createAsking } from "./control/asking.ts";
import { describeCluster } from "./control/cluster.ts";
import { checkConnector, connectorTables } from "./control/connector-checks.ts";
import { createConnector } from "./control/connector-create.ts";
import { deleteConnector } from "./control/connector-delete.ts";
import { connectorRemovals, REMOVAL_PERIOD_MS } from "./control/connector-removals.ts";
import { restartConnector, setConnectorState } from "./control/connector-state.ts";
import { updateConnector } from "./control/connector-update.ts";
import { describeConnector, listConnectors } from "./control/connector-view.ts";
import type { Control } from "./control/control.ts";
import { listDeadLetters } from "./control/dead-letters.ts";
import { deleteSubscription, deleteTopic } from "./control/deletions.ts";
import type { ControlDuty } from "./control/duty.ts";
import { findMessage } from "./control/find-message.ts";
import { describeGroup, listGroups } from "./control/groups.ts";
import { createInTurn } from "./control/in-turn.ts";
import { jobView } from "./control/job-view.ts";
import { cancelJob, dropUnordered, jobNamed, jobsPass, listJobs } from "./control/jobs.ts";
import { lagOf } from "./control/lag.ts";
import { letterIndex } from "./control/letter-index.ts";
import { readMessages } from "./control/messages.ts";
import { applied, orderRewind, orderSkip, orderUndo } from "./control/moves.ts";
import { listNodes } from "./control/nodes.ts";
import { placeOf } from "./control/place.ts";
import { purgeDeadLetters, redrive } from "./control/redrive.ts";
import { removeDeleted } from "./control/removal.ts";
import { cancelScheduled, findScheduled, listScheduled } from "./control/schedules.ts";
import { checkSchema, diffSchemas } from "./control/schema-checks.ts";
import { updateSchema } from "./control/schema-update.ts";
import { listSchemas, schemaVersion } from "./control/schema-versions.ts";
import { createSchema } from "./control/schemas.ts";
import { createSnapshot, status } from "./control/status.ts";
import {
  checkEndpointText,
  createSubscription,
  describeSubscription,
  listSubscriptions,
  setState,
} from "./control/subscriptions.ts";
import { importableTopics, importTopic } from "./control/topic-import.ts";
import { createTopic, describeTopic, listTopics } from "./control/topics.ts";
import { updateSubscription } from "./control/update-subscription.ts";
import { updateTopic } from "./control/update-topic.ts";
import type { Delivery } from "./delivery/delivery.ts";
import { every } from "./every.ts";
import { subscriptionNamed } from "./lookup.ts";
import { createPublish } from "./publish/publish.ts";
import { createPublishBatch } from "./publish/publish-batch.ts";
import { TRIM_PERIOD_MS, trimPass } from "./retention.ts";
import type { Firing } from "./schedules/firing.ts";
import { createSchedule } from "./schedules/schedule.ts";
import { openWaits } from "./waits.ts";

/** The parts that work by themselves. */
export interface Parts {
  readonly delivery: Delivery;
  readonly firing: Firing;
  readonly connectors: Connectors;
  readonly duty: ControlDuty;
}

/** The use cases over an open engine and the parts that work over it; all stay the caller's to make and the engine the caller's to close. */
export async function createBroker(deps: BrokerDeps & Parts): Promise<Broker> {
  const { engine, clock, delivery, firing, connectors, observer, duty } = deps;
  const report = (error: unknown) => observer.log("error", "Something failed in the background.", { error });
  const view = await openCatalogView(engine.catalog, report);
  const compileSchema = keepCompiled(deps.compileSchema);
  const stopping = new AbortController();
  const removals = connectorRemovals({ ...deps, view, signal: stopping.signal });
  const own = { view, inTurn: createInTurn(), letterIndex: letterIndex(deps), removals, expiryNow: expiryClock(clock) };
  const control: Control = { ...deps, compileSchema, ...own };
  const started = { startedAtMs: clock.now(), startedMonotonicMs: clock.monotonic() };
  const snapshot = createSnapshot(control);
  const waits = openWaits();
  let periodic: Promise<unknown> | undefined;

  const checkOpen = () => {
    if (stopping.signal.aborted) throw new KBrokerError("broker_stopping", "The broker is stopping.");
  };
  /** A change of one document, on whichever node: of those that race for it one wins, and the others see what it wrote. None begins once the broker stops. */
  const changeOne = async <T>(act: () => Promise<T>) => {
    checkOpen();
    return control.inTurn(act);
  };
  /** A change that hangs on several documents has the catalog to itself: one node makes all of them, one after the other. */
  const change = async <T>(act: () => Promise<T>) => {
    checkOpen();
    await duty.held();
    return control.inTurn(async () => {
      await removeDeleted(control);
      return act();
    });
  };

  const asking = createAsking({ ...control, change, checkOpen });

  /** Redrives and purges read many letters: they wait for each other, and hold up no change of the catalog. */
  const lettersInTurn = createInTurn();
  const changeLetters = async <T>(act: () => Promise<T>) => {
    checkOpen();
    return lettersInTurn(act);
  };

  const publishing = { ...deps, compileSchema, view, checkOpen };
  return {
    publish: createPublish(publishing),
    publishBatch: createPublishBatch(publishing),
    schedule: createSchedule(publishing),
    listScheduled: (topic, page) => listScheduled(control, topic, page),
    cancelScheduled: async (topic, id, { dryRun }) => {
      checkOpen();
      return dryRun ? findScheduled(control, topic, id) : cancelScheduled({ view, firing }, topic, id);
    },
    createTopic: (request) => change(() => createTopic(control, request)),
    listTopics: () => listTopics(control),
    describeTopic: (name) => describeTopic(control, name),
    importableTopics: () => importableTopics(control),
    importTopic: (request) => change(() => importTopic(control, request)),
    updateTopic: (name, request) => change(() => updateTopic(control, name, request)),
    deleteTopic: (name, options) => change(() => deleteTopic(control, name, options)),
    readMessages: (query) => readMessages(control, query, waits),
    findMessage: (asked) => findMessage(control, asked),
    createSchema: (topic, definition) => change(() => createSchema(control, topic, definition)),
    describeSchema: (topic, version) => schemaVersion(control, topic, version),
    listSchemas: (topic) => listSchemas(control, topic),
    updateSchema: (request) => change(() => updateSchema(control, request)),
    checkSchema: (request) => checkSchema(control, request),
    diffSchemas: (request) => diffSchemas(control, request),
    createSubscription: (request) => change(() => createSubscription(control, request)),
    listSubscriptions: () => listSubscriptions(control),
    describeSubscription: (name) => describeSubscription(control, name),
    updateSubscription: (name, request) => changeOne(() => updateSubscription(control, name, request)),
    deleteSubscription: (name, options) => change(() => deleteSubscription(control, name, options)),
    pauseSubscription: (name) => changeOne(() => setState(control, name, "paused")),
    resumeSubscription: (name) => changeOne(() => setState(control, name, "active")),
    lag: async (name) => lagOf(control, subscriptionNamed(view, name).value),
    listDeadLetters: (name, page) => listDeadLetters(control, name, page),
    redrive: (name, request) => changeLetters(() => redrive(control, name, request)),
    purgeDeadLetters: (name, request) => changeLetters(() => purgeDeadLetters(control, name, request)),
    rewind: async (name, request) => applied(control, await changeOne(() => orderRewind(control, name, request))),
    skip: async (name, request) => applied(control, await changeOne(() => orderSkip(control, name, request))),
    undoMove: async (name, request) => applied(control, await changeOne(() => orderUndo(control, name, request))),
    listJobs: async (filter) => Promise.all((await listJobs(control, filter)).map((job) => jobView(control, job))),
    describeJob: async (id) => jobView(control, (await jobNamed(control, id)).value),
    cancelJob: (id) => changeOne(async () => jobView(control, await cancelJob(control, id))),
    checkEndpoint: async (endpoint) => {
      checkEndpointText(control, endpoint);
      return deps.checkEndpoint(endpoint);
    },
    createConnector: (request) => asking((of) => createConnector(of, request)),
    listConnectors: () => listConnectors(control),
    describeConnector: (name) => describeConnector(control, name),
    updateConnector: (name, request) => asking((of) => updateConnector(of, name, request)),
    deleteConnector: (name, request) => asking((of) => deleteConnector(of, name, request)),
    pauseConnector: (name) => changeOne(() => setConnectorState(control, name, "paused")),
    resumeConnector: (name) => changeOne(() => setConnectorState(control, name, "active")),
    restartConnector: (name, request) => changeOne(() => restartConnector(control, name, request)),
    checkConnector: (wish) => asking((of) => checkConnector(of, wish)),
    connectorTables: (database) => asking((of) => connectorTables(of, database)),
    status: () => status(control, { snapshot, ...started }),
    snapshot: async () => (await snapshot()) ?? [],
    nodes: () => listNodes(control),
    describeCluster: () => describeCluster(control),
    listGroups: (page) => listGroups(control, page),
    describeGroup: (name) => describeGroup(control, name),
    placeOf: (part) => placeOf(control, part),
    caughtUp: () => engine.catalog.caughtUp(),
    async start() {
      checkOpen();
      await engine.catalog.caughtUp();
      await duty.start({
        // A crash may have left something to remove; nobody is to own it.
        begin: () => control.inTurn(() => removeDeleted(control)).catch(report),
        end: () => control.inTurn(async () => undefined).catch(report),
      });
      await control.inTurn(() => dropUnordered(control));
      await delivery.start();
      await firing.start();
      await connectors.start();
      const pass = async () => {
        if (!duty.isHeld()) return;
        await control.inTurn(() => removeDeleted(control));
        await trimPass(control);
        await control.inTurn(() => dropUnordered(control));
        await jobsPass(control);
      };
      const each = { clock, signal: stopping.signal, report };
      periodic ??= Promise.all([
        every({ ...each, periodMs: TRIM_PERIOD_MS, pass }),
        every({
          ...each,
          periodMs: REMOVAL_PERIOD_MS,
          pass: async () => (duty.isHeld() ? removals.pass() : undefined),
        }),
      ]);
    },
    async stop(drainMs) {
      stopping.abort();
      waits.endAll();
      // What has begun is finished: an engine that closes in the middle of a creation would leave a part of it.
      await control.inTurn(async () => undefined).catch(report);
      await Promise.all([periodic, removals.idle()]);
      const parts = [firing.stop(), connectors.stop(), delivery.stop(drainMs)];
      // Other nodes go on with each of them as soon as it has drained, and need not wait for the slowest.
      await Promise.all([...parts, engine.owners.leave()]);
      view.close();
    },
    async idle() {
      await Promise.all([firing.idle(), connectors.idle(), removals.idle()]);
      await delivery.idle();
    },
  };
}
