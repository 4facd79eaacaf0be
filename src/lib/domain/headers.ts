/** Header names of publish and push, in lower case. The `X-KB-*` names come from the platform and do not change. */
export const HEADER = {
  messageId: "x-kb-messageid",
  key: "x-kb-key",
  keyBase64: "x-kb-key-base64",
  scheduledMinutes: "x-kb-scheduledminutes",
  publishTime: "x-kb-publishtime",
  topic: "x-kb-topic",
  subscription: "x-kb-subscription",
  deliveryAttempt: "x-kb-deliveryattempt",
  redriveCount: "x-kb-redrivecount",
  replay: "x-kb-replay",
} as const;

/** Request headers that are kept as attributes and pushed under the same name. */
export const ATTRIBUTE_HEADERS: ReadonlySet<string> = new Set([
  "event-type",
  "correlation-id",
  "conversation-id",
  "schema-version",
  "source",
  "traceparent",
  "tracestate",
]);

/** Any other attribute travels under this prefix. */
export const ATTRIBUTE_PREFIX = "x-kb-attr-";

/** The header that an attribute travels under. What came in as a header keeps its name; a name of our own gets the prefix. */
export function attributeHeader(name: string): string {
  return ATTRIBUTE_HEADERS.has(name) || name.startsWith(ATTRIBUTE_PREFIX) ? name : `${ATTRIBUTE_PREFIX}${name}`;
}
