import { isJob } from "../../domain/documents.ts";
import type { RedriveJob } from "../../domain/job.ts";
import type { Catalog, CatalogDocument } from "../../engine/port.ts";

/** The redrives that run, as the catalog says: one look for all subscriptions. */
export interface RunningRedrives {
  start(): Promise<void>;
  stop(): void;
  /** The one of this subscription, as it was last written. */
  of(subscriptionId: string): RedriveJob | undefined;
  /** `tell` hears when a redrive of the subscription begins or ends. Returns a function that stops it. */
  follow(subscriptionId: string, tell: () => void): () => void;
}

export function runningRedrives(catalog: Catalog): RunningRedrives {
  const running = new Map<string, RedriveJob>();
  const followers = new Map<string, Set<() => void>>();
  let unwatch = () => {};

  function learn(id: string, document: CatalogDocument | undefined): void {
    const job = document?.value;
    if (isJob(job) && job.kind === "redrive" && job.state === "running") {
      const isNews = running.get(job.subscriptionId)?.id !== id;
      running.set(job.subscriptionId, job);
      if (isNews) tellAll(job.subscriptionId);
      return;
    }
    const ended = [...running.values()].find((each) => each.id === id);
    if (ended === undefined) return;
    running.delete(ended.subscriptionId);
    tellAll(ended.subscriptionId);
  }

  function tellAll(subscriptionId: string): void {
    for (const tell of followers.get(subscriptionId) ?? []) tell();
  }

  return {
    async start() {
      const heard = new Set<string>();
      unwatch = catalog.watch(({ kind, name, document }) => {
        if (kind !== "job") return;
        heard.add(name);
        learn(name, document);
      });
      for (const document of await catalog.list("job")) if (!heard.has(document.name)) learn(document.name, document);
    },
    stop: () => unwatch(),
    of: (subscriptionId) => running.get(subscriptionId),
    follow(subscriptionId, tell) {
      const all = followers.get(subscriptionId) ?? new Set();
      followers.set(subscriptionId, all.add(tell));
      return () => {
        all.delete(tell);
        if (all.size === 0) followers.delete(subscriptionId);
      };
    },
  };
}
