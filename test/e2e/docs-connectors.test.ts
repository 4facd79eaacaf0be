import { spawn } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { startPostgresql, testWithPostgresql } from "../support/postgresql.ts";
import { postgresqlBin } from "../support/postgresql-program.ts";
import { startBroker, startConsumer, temporaryDir } from "./http.ts";
import { childEnv, type Ended, program } from "./program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TEST_MS_MAX = 240_000;
/** Of the role that the pages create. */
const PASSWORD = "choose-one";

/** The lines of those shell blocks of a page that want a database; `psql` is the reader's own. */
async function linesOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  const blocks = Array.from(text.matchAll(/^```sh postgresql\n(.*?)^```$/gms), ([, block = ""]) => block);
  return blocks.join("").trim().split("\n");
}

function run(line: string, env: Record<string, string>, cwd: string): Promise<Ended> {
  const child = spawn("sh", ["-c", line], { cwd, env: childEnv(env), stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (exit) => resolve({ ...output, exit }));
  });
}

testWithPostgresql.each(["README.md", "docs/connectors.md"])(
  "a reader of %s goes from an empty database to a pushed change with the page's lines only",
  async (page) => {
    const cwd = await temporaryDir();
    await mkdir(join(cwd, "bin"));
    await symlink(program(), join(cwd, "bin", "kbroker"));
    const database = await startPostgresql();
    const broker = await startBroker(
      {},
      { secret: async ({ name }) => (name === "KBROKER_SECRET_SHOP" ? PASSWORD : undefined) },
    );
    const consumer = await startConsumer();
    const env = {
      PATH: [join(cwd, "bin"), postgresqlBin() ?? "", process.env.PATH].join(delimiter),
      KBROKER_ADMIN_URL: broker.url,
      ...{ PGHOST: database.host, PGPORT: String(database.port), PGUSER: "postgres", PGPASSWORD: database.password },
    };
    const lines = await linesOf(page);

    for (const line of lines) {
      const typed = line
        .replace("http://127.0.0.1:9000/events", consumer.url)
        .replace("127.0.0.1:5432", `127.0.0.1:${database.port}`);
      const ended = await run(typed, env, cwd);
      expect({ line, ...ended, log: ended.exit === 0 ? "" : broker.log.slice(-5) }).toMatchObject({ exit: 0 });
      if (line.includes("INSERT INTO orders"))
        expect(JSON.parse(String((await consumer.received(1))[0]?.body))).toMatchObject({
          ...{ before: null, after: { id: 1, status: "new" }, op: "c" },
          source: { database: "shop", schema: "public", table: "orders" },
        });
    }

    expect(lines.length).toBeGreaterThan(4);
  },
  TEST_MS_MAX,
);
