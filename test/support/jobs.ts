import type { MoveJob, RedriveJob } from "../../src/lib/domain/job.ts";

const HEAD = {
  id: "j-1",
  state: "running",
  subscription: "billing",
  subscriptionId: "subscription-1",
  wish: "a wish",
  createdAtMs: 0,
  endedAtMs: null,
  error: null,
  ratePerS: null,
} as const;

export const moveJob = (changes: Partial<MoveJob> = {}): MoveJob => ({
  ...HEAD,
  kind: "rewind",
  generation: 1,
  fromMs: 2,
  toMs: 1,
  clamped: false,
  targets: [],
  undone: null,
  inherited: [],
  saved: null,
  replays: [],
  messages: null,
  ...changes,
});

export const redriveJob = (changes: Partial<RedriveJob> = {}): RedriveJob => ({
  ...HEAD,
  kind: "redrive",
  filter: {},
  includeSetAside: false,
  countMax: null,
  ends: [],
  saved: [],
  matched: 0,
  redriven: 0,
  ...changes,
});
