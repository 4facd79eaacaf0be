// A process of its own for bench/connector.ts, which tells it where the database is. `bare <json>` reads so many changes with a bare loop of
// the library and tells how long it took; `kbroker <json>` opens a broker whose connector is made and paused, and on each message resumes
// it, waits until that many more events are in its topic, and tells the same.
import { LogicalReplicationService, PgoutputPlugin } from "pg-logical-replication";
import { openBroker } from "../src/lib/open-broker.ts";
import { admin } from "./backlog.ts";
import { type BenchDatabase, TABLE, TOPIC } from "./connector-table.ts";

const [, , mode, given = "{}"] = process.argv;
const database: BenchDatabase & { readonly dir: string; readonly count: number } = JSON.parse(given);
const { host, port, user, password, dir, count } = database;
process.on("disconnect", () => process.exit(0));
if (mode === "bare") await bare();
else await kbroker();

/** What the library can do: parse each change, do nothing with it, acknowledge each commit. */
async function bare(): Promise<void> {
  const service = new LogicalReplicationService(
    { host, port, user, password, database: "postgres" },
    { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
  );
  const meter = startMeter();
  let seen = 0;
  await new Promise<void>((resolve, reject) => {
    service.on("error", reject);
    service.on("data", async (lsn, { tag }) => {
      if (tag === "commit") await service.acknowledge(lsn);
      if (tag === "insert" || tag === "update" || tag === "delete") seen += 1;
      if (seen === count && tag === "commit") resolve();
    });
    const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: ["bare"] });
    service.subscribe(plugin, "bare").catch(reject);
  });
  process.send?.(meter());
  await service.destroy();
}

async function kbroker(): Promise<void> {
  const broker = await openBroker({
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: { dataDir: dir, acceptLoss: false },
    log: { write: () => {}, human: false },
    onFatal: () => process.exit(1),
    secret: async () => password,
  });
  const call = (method: string, path: string, body?: unknown) => admin(broker.url, method, path, body);
  const becomes = async (status: string) => {
    while ((await call("GET", "/connectors/shop")).status !== status) await pause();
  };
  const address = { host, port, database: "postgres", user, tls: "disable" };
  const secret = { kind: "env", name: "KBROKER_SECRET_BENCH" };
  await call("POST", "/connectors", {
    ...{ name: "shop", product: "bench", kind: "postgresql", snapshot: "none" },
    ...{ database: { ...address, password: secret }, tables: [{ schema: "public", table: TABLE }] },
  });
  await becomes("streaming");
  await call("POST", "/connectors/shop/pause");
  await becomes("paused");
  process.send?.({ url: broker.url });
  process.on("message", () => void measured());

  const events = async () => Number((await call("GET", `/topics/${TOPIC}`)).messages);
  const measured = async () => {
    const wanted = (await events()) + count;
    const meter = startMeter();
    await call("POST", "/connectors/shop/resume");
    while ((await events()) < wanted) await pause();
    const measure = meter();
    await call("POST", "/connectors/shop/pause");
    await becomes("paused");
    // Only now: what is written next shall wait for the next time.
    process.send?.(measure);
  };
}

function startMeter(): () => { readonly perS: number; readonly cpuUs: number } {
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user: inUser, system } = process.cpuUsage(cpu);
    return { perS: (count * 1_000) / (performance.now() - startedMs), cpuUs: (inUser + system) / count };
  };
}

function pause(): Promise<void> {
  return new Promise((wake) => setTimeout(wake, 100));
}
