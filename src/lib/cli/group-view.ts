import type { GroupListReply } from "../api/group.ts";
import { countText } from "./fields.ts";
import type { ListView } from "./list-view.ts";

type GroupItem = GroupListReply["items"][number];

const UNKNOWN = "unknown";

export const groupView: ListView<GroupItem> = {
  columns: [
    { head: "NAME", text: ({ name }) => name },
    { head: "KIND", text: ({ kind }) => kind },
    { head: "STATE", text: ({ state }) => state ?? UNKNOWN },
    { head: "MEMBERS", text: ({ members }) => countText(members), align: "right" },
    { head: "LAG", text: ({ lag }) => countText(lag), align: "right" },
    { head: "OWNER", text: ({ owner }) => owner ?? "" },
    { head: "SUBSCRIPTION", text: ({ subscription }) => subscription ?? "", wide: true },
    { head: "TYPE", text: ({ type }) => type ?? UNKNOWN, wide: true },
    { head: "PARTITIONS", text: ({ partitions }) => countText(partitions), align: "right", wide: true },
    { head: "COORDINATOR", text: ({ coordinator }) => idText(coordinator), align: "right", wide: true },
  ],
  empty:
    "No consumer group that the broker's user may see, but for kbroker's own. To see these: kbroker group list --all",
};

/** What is said beside a list that may not be whole. */
export function unheardText({ unheard }: Pick<GroupListReply, "unheard">): string | undefined {
  if (unheard.length === 0) return undefined;
  const lines = unheard.map(({ broker, reason }) => `Broker ${broker} did not say which groups it has: ${reason}`);
  return `${lines.join("\n")}\nMore may be there. Look at the cluster: kbroker cluster describe\n`;
}

function idText(id: number | null): string {
  return id === null ? UNKNOWN : String(id);
}
