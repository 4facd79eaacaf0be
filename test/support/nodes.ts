import { onTestFinished } from "vitest";
import type { Broker } from "../../src/lib/broker/broker.ts";
import { CONTROL_RESOURCE, openControlDuty } from "../../src/lib/broker/control/duty.ts";
import type { DeliveryLimits } from "../../src/lib/broker/delivery/limits.ts";
import { openDelivery } from "../../src/lib/broker/delivery/open-delivery.ts";
import { routeOwners } from "../../src/lib/broker/route-owners.ts";
import { openFiring } from "../../src/lib/broker/schedules/open-firing.ts";
import { type AdminClient, adminClient } from "../../src/lib/client/admin.ts";
import { ROLES } from "../../src/lib/domain/node.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { type MemoryNodes, memoryNodes } from "../../src/lib/engine/memory/nodes.ts";
import { type MemoryStorage, memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Engine } from "../../src/lib/engine/port.ts";
import { openMetrics } from "../../src/lib/server/metrics.ts";
import { openServer } from "../../src/lib/server/server.ts";
import { type Notes, notes, openTestBroker } from "./broker.ts";
import { type Consumer, consumer } from "./consumer.ts";
import { type ManualClock, manualClock, settle } from "./manual-clock.ts";

/** One of several brokers over one storage, with real HTTP between them. */
export interface Node {
  readonly id: string;
  readonly url: string;
  readonly broker: Broker;
  readonly engine: Engine;
  readonly admin: AdminClient;
  readonly notes: Notes;
  /** Stops answering HTTP; the others still count on it. */
  unplug(): Promise<void>;
  /** As a clean stop does. */
  stop(): Promise<void>;
  /** Gone without a word. */
  kill(): Promise<void>;
}

export interface Cluster {
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  readonly nodes: MemoryNodes;
  /** At the other end of every push. */
  readonly consumer: Consumer;
  open(id: string, over?: (engine: Engine) => Engine): Promise<Node>;
  /** Lets time pass until the promise is settled, however much that is. */
  during<T>(promise: Promise<T>): Promise<T>;
}

export function openCluster({ limits = {} }: { readonly limits?: Partial<DeliveryLimits> } = {}): Cluster {
  const clock = manualClock();
  const storage = memoryStorage();
  const nodes = memoryNodes();
  const other = consumer();
  let ids = 0;

  async function open(id: string, over: (engine: Engine) => Engine = (engine) => engine): Promise<Node> {
    const server = await openServer({
      listen: { host: "127.0.0.1", port: 0, insecure: false },
      ...{ allowedHosts: [], metrics: openMetrics(), log: () => {}, newId: () => `${id}-request`, version: "1.2.3" },
      node: () => id,
    });
    const engine = over(memoryEngine({ clock, storage, nodes, node: { id, url: server.url, roles: ROLES } }));
    const watching = notes();
    let isDead = false;
    const shared = { engine, clock, random: () => 0.5, observer: watching };
    const owners = routeOwners(engine.owners);
    const withOwners = (prefix: string) => ({ ...shared, engine: { ...engine, owners: owners(prefix) } });
    const post: Consumer["post"] = (push, signal) => (isDead ? new Promise(() => {}) : other.post(push, signal));
    const { broker } = await openTestBroker({
      ...shared,
      delivery: openDelivery({ ...withOwners(""), post, limits }),
      firing: openFiring(withOwners("schedules/")),
      duty: openControlDuty(withOwners(CONTROL_RESOURCE)),
      // Not drawn: who owns what follows from the ids.
      newId: () => `${id}-${++ids}`,
      node: id,
    });
    await broker.start();
    server.serve(broker);
    const admin = adminClient({ adminUrl: server.url, inboxUrl: server.url });
    const unplug = async () => {
      await admin.close();
      await server.close();
    };
    const kill = async () => {
      isDead = true;
      await unplug();
      nodes.kill(id);
      await settle();
    };
    const stop = async () => {
      await broker.stop(0);
      await engine.close();
      await unplug();
    };
    onTestFinished(unplug);
    await settle();
    return { id, url: server.url, broker, engine, admin, notes: watching, unplug, stop, kill };
  }

  return {
    ...{ clock, storage, nodes, consumer: other, open },
    async during(promise) {
      let isSettled = false;
      const end = () => {
        isSettled = true;
      };
      promise.then(end, end);
      while (!isSettled) {
        await clock.advance(50);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return promise;
    },
  };
}

/** The node that owns the subscription, and another one. */
export function ownerOf(all: readonly Node[], subscription: string): { owner: Node; other: Node } {
  const owner = all.find((node) =>
    node.broker
      .nodes()
      .some(
        ({ isSelf, owns }) => isSelf && owns.some(({ kind, name }) => kind === "subscription" && name === subscription),
      ),
  );
  const other = all.find((node) => node !== owner);
  if (owner === undefined || other === undefined) throw new Error(`Nobody owns ${subscription}.`);
  return { owner, other };
}
