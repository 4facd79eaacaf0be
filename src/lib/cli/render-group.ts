import type { GroupReply } from "../api/group.ts";
import type { Paint } from "./colour.ts";
import { countText, type Field, fieldsText, plural } from "./fields.ts";
import { type Column, tableText } from "./table.ts";

const UNKNOWN = "unknown";

export function renderGroup(group: GroupReply, paint: Paint): string {
  const head = `${paint.bold(group.name)}, ${kindText(group)}, ${group.state ?? "state unknown"}`;
  const parts = [`${head}\n${lagText(group, paint)}\n`, fieldsText(fields(group), paint)];
  const { members, partitions } = group;
  if (members !== null && members.length > 0) parts.push(tableOf(members, MEMBER_COLUMNS, paint));
  if (partitions !== null && partitions.length > 0) {
    const columns = group.kind === "subscription" ? [...PARTITION_COLUMNS, SETTLED] : PARTITION_COLUMNS;
    parts.push(tableOf(partitions.map(withReader(members ?? [])), [...columns, ...READER_COLUMNS], paint));
  }
  return parts.join("\n");
}

function tableOf<T>(items: readonly T[], columns: readonly Column<T>[], paint: Paint): string {
  return `${tableText(items, columns, paint)}\n`;
}

function kindText({ kind, subscription }: GroupReply): string {
  if (kind === "native") return "a group of another client of Kafka";
  if (kind === "kbroker") return "kbroker's own group";
  return subscription === null ? "the group of a subscription" : `the group of subscription ${subscription}`;
}

function lagText({ lag, partitions, members }: GroupReply, paint: Paint): string {
  if (partitions === null) return "Its positions are unknown.";
  if (partitions.length === 0)
    return members?.length === 0 ? "Nobody is in it, and nothing is committed." : "Nothing is committed.";
  const settled = partitions.reduce((sum, { settledAbove }) => sum + (settledAbove ?? 0), 0);
  const behind = lag === null ? "Lag unknown" : `Lag ${paint.bold(countText(lag))}`;
  const above = settled === 0 ? "" : `, of which ${plural(settled, "message")} settled already, out of order`;
  return `${behind}${above}.`;
}

function fields({ type, coordinator, owner, kind, members, subscription }: GroupReply): Field[] {
  const asks = subscription === null ? [] : [["more", `kbroker subscription lag ${subscription}`] as const];
  return [
    ["type", type ?? UNKNOWN],
    ["coordinator", coordinator === null ? UNKNOWN : `broker ${coordinator}`],
    ...(kind === "native" ? [] : [["owner", owner ?? "none"] as const]),
    ["members", countText(members?.length ?? null)],
    ...asks,
  ];
}

const MEMBER_COLUMNS: readonly Column<NonNullable<GroupReply["members"]>[number]>[] = [
  { head: "MEMBER", text: ({ instance, id }) => instance ?? id },
  { head: "CLIENT", text: ({ client }) => client },
  { head: "HOST", text: ({ host }) => host },
  { head: "PARTITIONS", text: ({ partitions }) => countText(partitions), align: "right" },
];

type Place = NonNullable<GroupReply["partitions"]>[number] & { readonly reader: string };

/** Members are told apart by their ids, which are long: the table above has them by the same word. */
function withReader(members: NonNullable<GroupReply["members"]>) {
  const words = new Map(members.map(({ id, instance }) => [id, instance ?? id]));
  return (place: NonNullable<GroupReply["partitions"]>[number]): Place => ({
    ...place,
    reader: place.member === null ? "" : (words.get(place.member) ?? place.member),
  });
}

const orNone = (count: number | null) => (count === null ? "none" : countText(count));

const PARTITION_COLUMNS: readonly Column<Place>[] = [
  { head: "TOPIC", text: ({ topic }) => topic },
  { head: "PARTITION", text: ({ partition }) => String(partition), align: "right" },
  { head: "COMMITTED", text: ({ committed }) => orNone(committed), align: "right" },
  { head: "END", text: ({ end }) => countText(end), align: "right" },
  { head: "LAG", text: ({ lag, committed }) => (committed === null ? "" : countText(lag)), align: "right" },
];

const SETTLED: Column<Place> = {
  head: "SETTLED ABOVE",
  text: ({ settledAbove }) => countText(settledAbove),
  align: "right",
};

const READER_COLUMNS: readonly Column<Place>[] = [{ head: "MEMBER", text: ({ reader }) => reader }];
