import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { startBroker, temporaryDir } from "../e2e/http.ts";

test("a part that cannot be opened closes those before it: the port is free again", async () => {
  const dataDir = await temporaryDir();
  const first = await startBroker({ dataDir });
  const port = await freePort();

  const second = startBroker({ dataDir }, { listen: { host: "127.0.0.1", port, insecure: false } });

  await expect(second).rejects.toMatchObject({ code: "data_dir_in_use" });
  await expect(fetch(`http://127.0.0.1:${port}/_/health`)).rejects.toThrow();
  expect((await fetch(`${first.url}/_/ready`)).status).toBe(200);
});

test("a data directory that is a file is refused, and nothing goes on listening", async () => {
  const dataDir = `${await temporaryDir()}/file`;
  await writeFile(dataDir, "mine");

  await expect(startBroker({ dataDir })).rejects.toMatchObject({ code: "data_unreadable" });
});

test("closing lets go of everything, can be done twice, and says so in the log", async () => {
  const broker = await startBroker();

  await Promise.all([broker.close(), broker.close()]);
  const again = await startBroker({ dataDir: broker.dataDir });

  expect((await fetch(`${again.url}/_/ready`)).status).toBe(200);
  const said = broker.log.map((line) => String(JSON.parse(line).msg).split(/[.:]/)[0]);
  expect(said).toEqual(["Ready", "Stopping", "Stopped"]);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
