import type { AdminClient } from "../../client/admin.ts";
import type { Clock } from "../../domain/clock.ts";
import { groupNames } from "../flows/pick.ts";
import type { Resource } from "./candidates.ts";

/** Somebody waits with a finger on the key: after this there are no names. */
export const NAMES_MS_MAX = 300;

/** The names that the broker knows; none when it does not say in time. Whatever fails is no concern of a person who types. */
export async function namesInTime(
  admin: () => Promise<AdminClient>,
  { of, clock }: { readonly of: Resource; readonly clock: Clock },
): Promise<readonly string[]> {
  const over = new AbortController();
  const late = clock.after(NAMES_MS_MAX, over.signal).then((): readonly string[] => []);
  try {
    return await Promise.race([admin().then((client) => namesOf(client, of)), late]);
  } catch {
    return [];
  } finally {
    over.abort();
  }
}

const LISTS = {
  topic: "topicList",
  "importable topic": "topicImportList",
  subscription: "subscriptionList",
  job: "jobList",
  connector: "connectorList",
} as const satisfies Record<Exclude<Resource, "group">, string>;

async function namesOf(admin: AdminClient, of: Resource): Promise<readonly string[]> {
  if (of === "group") return groupNames(admin);
  const { items } = await admin.call(LISTS[of]);
  return items.map(({ name }) => name);
}
