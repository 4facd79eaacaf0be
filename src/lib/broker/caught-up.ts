import { KBrokerError } from "../domain/error.ts";
import type { Engine } from "../engine/port.ts";
import type { CatalogView } from "./catalog-view.ts";

interface Deps {
  readonly engine: Pick<Engine, "catalog">;
  readonly view: CatalogView;
}

/**
 * Refuses nobody for what only this node has not heard of yet: another may have created the topic a moment ago, or created it anew. A
 * publish that is not refused pays nothing for it.
 */
export async function onNewestTopic<T>({ engine, view }: Deps, name: string, publish: () => Promise<T>): Promise<T> {
  const before = view.topic(name);
  try {
    return await publish();
  } catch (error) {
    const isOfTopic =
      error instanceof KBrokerError && (error.code === "topic_not_found" || error.code === "schema_required");
    if (!isOfTopic) throw error;
    await engine.catalog.caughtUp();
    if (view.topic(name) === before) throw error;
    return publish();
  }
}
