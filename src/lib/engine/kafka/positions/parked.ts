import type { Parked } from "../../port.ts";
import type { KafkaOwners } from "../owners/owners.ts";
import type { ParkedLog } from "./parked-log.ts";

/** An entry counts as parked once its owner was found to be the owner after it was written: then every successor reads it. */
export function kafkaParked(owners: Pick<KafkaOwners, "holdOf">, log: ParkedLog): Parked {
  return {
    async load(ownership) {
      const hold = owners.holdOf(ownership);
      return hold.takeFound() ?? (await log.load(ownership.resource, ownership.epoch));
    },
    async put(ownership, entries) {
      const hold = owners.holdOf(ownership);
      hold.takeFound();
      await log.put(ownership.resource, ownership.epoch, entries);
      await hold.confirm();
    },
  };
}
