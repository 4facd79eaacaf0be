import type { SourceCheck, SourceWish } from "../../port.ts";
import type { Connection } from "../connect.ts";
import { literal } from "../words.ts";
import { failed, ok, warning } from "./finding.ts";

const SLOT = `SELECT slot_type = 'logical' AND plugin = 'pgoutput' AND database = current_database() AS fits,
    to_jsonb(s)->>'wal_status' AS status
  FROM pg_replication_slots s WHERE slot_name = $1`;

/** A slot that is lost is no error: an update may be what leads to the database that takes its place. */
export async function slotCheck(connection: Connection, { slot, hasSlot }: SourceWish): Promise<SourceCheck> {
  const [found] = await connection.query(SLOT, [slot]);
  const drop = `SELECT pg_drop_replication_slot(${literal(slot)});`;
  const whose = `See whose it is: SELECT * FROM pg_replication_slots WHERE slot_name = ${literal(slot)};`;
  const again = "kbroker connector restart <name> --snapshot initial";
  if (found === undefined)
    return hasSlot
      ? warning("slot", `The replication slot ${slot} is gone.`, again)
      : ok("slot", `The name of the replication slot, ${slot}, is free.`);
  if (found.fits !== "t") return failed("slot", `The replication slot ${slot} is no slot of this connector.`, whose);
  if (!hasSlot)
    return warning("slot", `There is a replication slot ${slot} already, of a beginning that broke off.`, drop);
  if (found.status === "lost")
    return warning("slot", `The replication slot ${slot} has lost WAL that the connector needs.`, again);
  return ok("slot", `The replication slot ${slot} is there.`);
}
