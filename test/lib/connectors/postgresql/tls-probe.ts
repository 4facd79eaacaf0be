import { connect } from "../../../../src/lib/connectors/postgresql/connect.ts";
import { dialDeps, onlyHere } from "../../../support/dialled.ts";

/** A program of its own: Node reads NODE_EXTRA_CA_CERTS once, when it starts. */
const [host = "", port = ""] = process.argv.slice(2);
const deps = { ...dialDeps({ PROBE: process.env.PROBE_PASSWORD ?? "" }), lookup: onlyHere };
const address = { host, port: Number(port), database: "postgres", user: "postgres", tls: "verify-full" } as const;

try {
  const connection = await connect({ ...address, password: { kind: "env", name: "PROBE" } }, deps);
  const [row] = await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  console.log(`encrypted: ${row?.ssl}`);
  await connection.close();
} catch (error) {
  console.log(String(error));
}
