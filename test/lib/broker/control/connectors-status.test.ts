import { expect, it } from "vitest";
import { openConnectorScene, REPORT, tell, UNREACHABLE } from "../../../support/connector-control.ts";

it("counts connectors, and names those that somebody should look at", async () => {
  const { broker, engine, source, create } = await openConnectorScene();
  const fault = { code: "slot_lost", message: "The slot is gone.", hint: "Restart." } as const;
  const warning = { code: "retained_wal", message: "It keeps much.", hint: "Look." } as const;
  const told = {
    degraded: { ...REPORT, status: "degraded", warnings: [warning] },
    failed: { ...REPORT, status: "failed", fault },
    retrying: { ...REPORT, status: "retrying", fault: UNREACHABLE },
    streaming: REPORT,
    waiting: { ...REPORT, status: "paused", warnings: [warning] },
  };
  for (const [name, report] of Object.entries(told)) {
    await tell(engine, await create({ name, tables: [{ schema: "public", table: name }] }), report);
  }
  await create({ name: "quiet", tables: [{ schema: "public", table: "quiet" }] });
  await create({ name: "going" });
  await broker.pauseConnector("streaming");
  source.answers.meanwhile = async () => {
    source.answers.down = true;
  };
  await broker.deleteConnector("going", { keepSlot: false, dryRun: false });

  expect((await broker.status()).connectors).toEqual({
    ...{ active: 5, paused: 1, degraded: 2, failed: 1, removing: 1 },
    unwell: [
      { connector: "degraded", status: "degraded", reason: "It keeps much." },
      { connector: "failed", status: "failed", reason: "The slot is gone." },
      { connector: "going", status: "removing", reason: "Nobody answers." },
      { connector: "retrying", status: "retrying", reason: "Nobody answers." },
      { connector: "waiting", status: "paused", reason: "It keeps much." },
    ],
  });
});

it("names a hundred of them at most, and counts them all", async () => {
  const { broker, engine, create } = await openConnectorScene();
  const fault = { code: "slot_lost", message: "The slot is gone.", hint: "Restart." } as const;
  for (let index = 0; index < 101; index += 1) {
    const tables = [{ schema: "public", table: `t${index}` }];
    await tell(engine, await create({ name: `c${index}`, tables }), { ...REPORT, status: "failed", fault });
  }

  const { connectors } = await broker.status();

  expect([connectors.failed, connectors.unwell.length]).toEqual([101, 100]);
});
