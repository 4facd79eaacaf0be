import type { z } from "zod";
import { brokerReply } from "./broker.ts";
import { clusterReply } from "./cluster.ts";
import {
  connectorCheckBody,
  connectorCheckReply,
  connectorCreateBody,
  connectorDeleteQuery,
  connectorDeleteReply,
  connectorListReply,
  connectorReply,
  connectorRestartBody,
  connectorTablesBody,
  connectorTablesReply,
  connectorUpdateBody,
  connectorUpdateReply,
} from "./connector.ts";
import { deadLetterListReply, deadLetterQuery } from "./dead-letter.ts";
import { groupListReply, groupQuery, groupReply } from "./group.ts";
import { jobListReply, jobQuery, jobReply } from "./job.ts";
import { lagReply } from "./lag.ts";
import { moveReply, rewindBody, skipBody, undoBody } from "./move.ts";
import { nodeListReply } from "./node.ts";
import { purgeBody, purgeReply, redriveBody, redriveReply } from "./redrive.ts";
import { scheduledCancelQuery, scheduledItem, scheduledListReply, scheduledQuery } from "./schedule.ts";
import {
  schemaCheckBody,
  schemaCheckReply,
  schemaCreateBody,
  schemaCreateReply,
  schemaDiffBody,
  schemaDiffReply,
  schemaListQuery,
  schemaListReply,
  schemaQuery,
  schemaReply,
  schemaUpdateBody,
  schemaUpdateReply,
} from "./schema.ts";
import {
  endpointCheckBody,
  endpointCheckReply,
  subscriptionCreateBody,
  subscriptionDeleteQuery,
  subscriptionDeleteReply,
  subscriptionListReply,
  subscriptionReply,
  subscriptionUpdateBody,
  subscriptionUpdateReply,
} from "./subscription.ts";
import {
  topicCreateBody,
  topicCreateReply,
  topicDeleteQuery,
  topicDeleteReply,
  topicDescribeReply,
  topicImportBody,
  topicImportListReply,
  topicListReply,
  topicUpdateBody,
  topicUpdateReply,
} from "./topic.ts";
import { messageFindQuery, messageFindReply, messagesQuery, messagesReply } from "./topic-message.ts";

/** One admin call: what goes in, what comes out. `:name` in the path is the resource's name, percent-encoded. */
export interface AdminRoute {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly reply: z.ZodType;
  readonly status: 200 | 201;
  /**
   * Where it is done if there are several nodes: by the one that owns `control` (what hangs on several documents), the subscription, or the
   * schedule. `owner-or-here`: here, too, where the subscription's owner does not answer; so is everything that only looks. `at-once`: with
   * what this node knows, also while the storage is out of reach. Left out: on whichever node is asked.
   */
  readonly runs?: "control" | "owner" | "owner-or-here" | "schedule" | "at-once";
  /** One sentence for the generated reference. */
  readonly summary: string;
}

const BASE = "/admin/v1";

/** Everything that the CLI asks of a broker: the server registers each, the client calls each, nothing else is spoken. */
export const ROUTES = {
  brokerStatus: {
    method: "GET",
    path: `${BASE}/broker`,
    reply: brokerReply,
    runs: "at-once",
    status: 200,
    summary: "One look at the whole broker.",
  },
  nodeList: {
    method: "GET",
    path: `${BASE}/nodes`,
    reply: nodeListReply,
    runs: "at-once",
    status: 200,
    summary: "The nodes that work on this storage, and what each of them owns.",
  },
  clusterDescribe: {
    method: "GET",
    path: `${BASE}/cluster`,
    reply: clusterReply,
    runs: "at-once",
    status: 200,
    summary: "The Kafka cluster that the broker works on: its brokers, and what is wrong with its own topics.",
  },
  groupList: {
    method: "GET",
    path: `${BASE}/groups`,
    query: groupQuery,
    reply: groupListReply,
    runs: "at-once",
    status: 200,
    summary: "Consumer groups of the Kafka cluster, those of subscriptions and others.",
  },
  groupDescribe: {
    method: "GET",
    path: `${BASE}/groups/:name`,
    reply: groupReply,
    runs: "at-once",
    status: 200,
    summary: "One consumer group: who is in it, and how far it is in each partition.",
  },
  topicCreate: {
    method: "POST",
    path: `${BASE}/topics`,
    body: topicCreateBody,
    reply: topicCreateReply,
    runs: "control",
    status: 201,
    summary: "Create a topic, with its schema if one is given.",
  },
  topicList: { method: "GET", path: `${BASE}/topics`, reply: topicListReply, status: 200, summary: "List topics." },
  topicDescribe: {
    method: "GET",
    path: `${BASE}/topics/:name`,
    reply: topicDescribeReply,
    status: 200,
    summary: "Describe one topic.",
  },
  topicImportList: {
    method: "GET",
    path: `${BASE}/topic-imports`,
    reply: topicImportListReply,
    status: 200,
    summary: "Topics of Kafka that are none of kbroker's and can be imported.",
  },
  topicImport: {
    method: "POST",
    path: `${BASE}/topic-imports`,
    body: topicImportBody,
    reply: topicCreateReply,
    runs: "control",
    status: 201,
    summary: "Make a topic of a Kafka topic that is there, with its schema if one is given.",
  },
  topicUpdate: {
    method: "PATCH",
    path: `${BASE}/topics/:name`,
    body: topicUpdateBody,
    reply: topicUpdateReply,
    runs: "control",
    status: 200,
    summary: "Change how long a topic keeps its messages, who may subscribe, and how many partitions it has.",
  },
  topicDelete: {
    method: "DELETE",
    path: `${BASE}/topics/:name`,
    query: topicDeleteQuery,
    reply: topicDeleteReply,
    runs: "control",
    status: 200,
    summary: "Delete a topic and all that belongs to it.",
  },
  scheduledList: {
    method: "GET",
    path: `${BASE}/topics/:name/scheduled`,
    query: scheduledQuery,
    reply: scheduledListReply,
    status: 200,
    summary: "What waits for its time in a topic, the earliest first.",
  },
  scheduledCancel: {
    method: "DELETE",
    path: `${BASE}/topics/:name/scheduled`,
    query: scheduledCancelQuery,
    reply: scheduledItem,
    runs: "schedule",
    status: 200,
    summary: "Take a scheduled message back; it is durable when this answers.",
  },
  messageList: {
    method: "GET",
    path: `${BASE}/topics/:name/messages`,
    query: messagesQuery,
    reply: messagesReply,
    status: 200,
    summary: "The messages of a topic from a place on; waits for new ones if asked to.",
  },
  messageFind: {
    method: "GET",
    path: `${BASE}/topics/:name/message`,
    query: messageFindQuery,
    reply: messageFindReply,
    status: 200,
    summary: "The newest message with an id, looked for from the newest on backwards.",
  },
  schemaCreate: {
    method: "POST",
    path: `${BASE}/topics/:name/schema`,
    body: schemaCreateBody,
    reply: schemaCreateReply,
    runs: "control",
    status: 201,
    summary: "Give a topic its JSON Schema.",
  },
  schemaDescribe: {
    method: "GET",
    path: `${BASE}/topics/:name/schema`,
    query: schemaQuery,
    reply: schemaReply,
    status: 200,
    summary: "Show a topic's JSON Schema.",
  },
  schemaList: {
    method: "GET",
    path: `${BASE}/schemas`,
    query: schemaListQuery,
    reply: schemaListReply,
    status: 200,
    summary: "List the schemas of all topics, or the versions of one.",
  },
  schemaUpdate: {
    method: "POST",
    path: `${BASE}/topics/:name/schema/versions`,
    body: schemaUpdateBody,
    reply: schemaUpdateReply,
    runs: "control",
    status: 200,
    summary: "Give a topic the next version of its schema, if it is compatible.",
  },
  schemaDiff: {
    method: "POST",
    path: `${BASE}/topics/:name/schema/diff`,
    body: schemaDiffBody,
    reply: schemaDiffReply,
    status: 200,
    summary: "Show what changed between two versions, and which way each change is compatible.",
  },
  schemaCheck: {
    method: "POST",
    path: `${BASE}/schema-checks`,
    body: schemaCheckBody,
    reply: schemaCheckReply,
    status: 200,
    summary: "Try a schema, or a payload against it.",
  },
  subscriptionCreate: {
    method: "POST",
    path: `${BASE}/subscriptions`,
    body: subscriptionCreateBody,
    reply: subscriptionReply,
    runs: "control",
    status: 201,
    summary: "Create a subscription; its position is durable when this answers.",
  },
  subscriptionList: {
    method: "GET",
    path: `${BASE}/subscriptions`,
    reply: subscriptionListReply,
    status: 200,
    summary: "List subscriptions.",
  },
  subscriptionDescribe: {
    method: "GET",
    path: `${BASE}/subscriptions/:name`,
    reply: subscriptionReply,
    runs: "owner",
    status: 200,
    summary: "Describe one subscription.",
  },
  subscriptionUpdate: {
    method: "PATCH",
    path: `${BASE}/subscriptions/:name`,
    body: subscriptionUpdateBody,
    reply: subscriptionUpdateReply,
    runs: "owner-or-here",
    status: 200,
    summary: "Change the settings of a subscription, from the next push on.",
  },
  subscriptionDelete: {
    method: "DELETE",
    path: `${BASE}/subscriptions/:name`,
    query: subscriptionDeleteQuery,
    reply: subscriptionDeleteReply,
    runs: "control",
    status: 200,
    summary: "Delete a subscription; what is in flight finishes first.",
  },
  subscriptionPause: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/pause`,
    reply: subscriptionReply,
    runs: "owner-or-here",
    status: 200,
    summary: "Stop pushing; what is in flight finishes. Pausing twice is fine.",
  },
  subscriptionResume: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/resume`,
    reply: subscriptionReply,
    runs: "owner-or-here",
    status: 200,
    summary: "Push again. Resuming twice is fine.",
  },
  subscriptionRewind: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/rewind`,
    body: rewindBody,
    reply: moveReply,
    runs: "owner",
    status: 200,
    summary: "Deliver again what was published since a time; with a dry run only say how much that is.",
  },
  subscriptionSkip: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/skip`,
    body: skipBody,
    reply: moveReply,
    runs: "owner",
    status: 200,
    summary: "Drop what was published before a time and not delivered yet.",
  },
  subscriptionUndo: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/undo`,
    body: undoBody,
    reply: moveReply,
    runs: "owner",
    status: 200,
    summary: "Take the last rewind or skip back, within 24 hours.",
  },
  subscriptionLag: {
    method: "GET",
    path: `${BASE}/subscriptions/:name/lag`,
    reply: lagReply,
    runs: "owner",
    status: 200,
    summary: "How far a subscription is behind.",
  },
  deadLetterList: {
    method: "GET",
    path: `${BASE}/subscriptions/:name/dead-letters`,
    query: deadLetterQuery,
    reply: deadLetterListReply,
    runs: "owner",
    status: 200,
    summary: "What a subscription gave up on, oldest first.",
  },
  deadLetterPurge: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/dead-letters/purge`,
    body: purgeBody,
    reply: purgeReply,
    runs: "owner",
    status: 200,
    summary: "Let go of dead letters for good.",
  },
  subscriptionRedrive: {
    method: "POST",
    path: `${BASE}/subscriptions/:name/redrive`,
    body: redriveBody,
    reply: redriveReply,
    runs: "owner",
    status: 200,
    summary: "Deliver dead letters once more, to this subscription only.",
  },
  jobList: {
    method: "GET",
    path: `${BASE}/jobs`,
    query: jobQuery,
    reply: jobListReply,
    status: 200,
    summary: "List rewinds, skips, undos and redrives, newest first.",
  },
  jobDescribe: { method: "GET", path: `${BASE}/jobs/:name`, reply: jobReply, status: 200, summary: "Show one job." },
  jobCancel: {
    method: "POST",
    path: `${BASE}/jobs/:name/cancel`,
    reply: jobReply,
    status: 200,
    summary: "Stop a redrive where it is; what it did stays. Cancelling twice is fine.",
  },
  endpointCheck: {
    method: "POST",
    path: `${BASE}/endpoint-checks`,
    body: endpointCheckBody,
    reply: endpointCheckReply,
    status: 200,
    summary: "Try whether the broker reaches an endpoint.",
  },
  connectorCreate: {
    method: "POST",
    path: `${BASE}/connectors`,
    body: connectorCreateBody,
    reply: connectorReply,
    runs: "control",
    status: 201,
    summary: "Create a connector and its topics, once everything in the database is as it has to be.",
  },
  connectorList: {
    method: "GET",
    path: `${BASE}/connectors`,
    reply: connectorListReply,
    status: 200,
    summary: "List connectors.",
  },
  connectorDescribe: {
    method: "GET",
    path: `${BASE}/connectors/:name`,
    reply: connectorReply,
    status: 200,
    summary: "Describe one connector: how far it is, and what keeps it.",
  },
  connectorUpdate: {
    method: "PATCH",
    path: `${BASE}/connectors/:name`,
    body: connectorUpdateBody,
    reply: connectorUpdateReply,
    runs: "control",
    status: 200,
    summary: "Change the settings or the tables of a connector.",
  },
  connectorDelete: {
    method: "DELETE",
    path: `${BASE}/connectors/:name`,
    query: connectorDeleteQuery,
    reply: connectorDeleteReply,
    runs: "control",
    status: 200,
    summary: "Delete a connector, its replication slot and its publication; its topics stay.",
  },
  connectorPause: {
    method: "POST",
    path: `${BASE}/connectors/:name/pause`,
    reply: connectorReply,
    status: 200,
    summary: "Read nothing more; the database keeps what happens meanwhile. Pausing twice is fine.",
  },
  connectorResume: {
    method: "POST",
    path: `${BASE}/connectors/:name/resume`,
    reply: connectorReply,
    status: 200,
    summary: "Read on where it stopped. Resuming twice is fine.",
  },
  connectorRestart: {
    method: "POST",
    path: `${BASE}/connectors/:name/restart`,
    body: connectorRestartBody,
    reply: connectorReply,
    status: 200,
    summary: "Connect anew at once; or begin from scratch with a new slot.",
  },
  connectorCheck: {
    method: "POST",
    path: `${BASE}/connector-checks`,
    body: connectorCheckBody,
    reply: connectorCheckReply,
    status: 200,
    summary: "Look whether a connector could be created, and what has to be mended first.",
  },
  connectorTables: {
    method: "POST",
    path: `${BASE}/connector-tables`,
    body: connectorTablesBody,
    reply: connectorTablesReply,
    status: 200,
    summary: "List the tables of a database.",
  },
} as const satisfies Record<string, AdminRoute>;

export type RouteName = keyof typeof ROUTES;
type Part<R extends AdminRoute, K extends "body" | "query"> = R extends { readonly [P in K]: infer Z extends z.ZodType }
  ? Z
  : z.ZodUndefined;

/** What a caller hands over for a route. */
export type RouteBody<N extends RouteName> = z.input<Part<(typeof ROUTES)[N], "body">>;
/** What the server's use case is given, after parsing. */
export type ParsedBody<N extends RouteName> = z.output<Part<(typeof ROUTES)[N], "body">>;
export type RouteQuery<N extends RouteName> = z.input<Part<(typeof ROUTES)[N], "query">>;
export type ParsedQuery<N extends RouteName> = z.output<Part<(typeof ROUTES)[N], "query">>;
export type RouteReply<N extends RouteName> = z.output<(typeof ROUTES)[N]["reply"]>;
