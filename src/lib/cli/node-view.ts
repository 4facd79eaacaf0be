import type { NodeListReply } from "../api/node.ts";
import { countText } from "./fields.ts";
import type { ListView } from "./list-view.ts";

type NodeReply = NodeListReply["items"][number];

const count = (kind: NodeReply["owns"][number]["kind"]) => (node: NodeReply) =>
  countText(node.owns.filter((owned) => owned.kind === kind).length);

/** There is one control, and it needs no name. */
const wordsOf = ({ kind, name }: NodeReply["owns"][number]) => (kind === "control" ? kind : `${kind} ${name}`);

export const nodeView: ListView<NodeReply> = {
  columns: [
    { head: "NAME", text: ({ name }) => name },
    { head: "URL", text: ({ url }) => url ?? "none" },
    { head: "SINCE", text: ({ since }) => since },
    { head: "SUBSCRIPTIONS", text: count("subscription"), align: "right" },
    { head: "CONTROL", text: ({ owns }) => (owns.some(({ kind }) => kind === "control") ? "yes" : "") },
    { head: "CONNECTORS", text: count("connector"), align: "right", wide: true },
    { head: "SCHEDULES", text: count("schedules"), align: "right", wide: true },
    { head: "ROLES", text: ({ roles }) => roles.join(","), wide: true },
    {
      head: "OWNS",
      text: ({ owns }) => owns.map((owned) => `${wordsOf(owned)} (${owned.since})`).join(", "),
      wide: true,
    },
  ],
  empty: "No node is known here yet. Ask again in a moment: kbroker broker nodes",
};
