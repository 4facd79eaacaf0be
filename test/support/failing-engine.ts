import { KBrokerError } from "../../src/lib/domain/error.ts";
import type { Engine } from "../../src/lib/engine/port.ts";

/**
 * The engine, with its write number `at` (from 1) failing before it does anything. `for good`: so does every later one, as if the
 * process had ended there. `unheard`: so does every later one, and this one takes effect before it fails.
 */
export function failingAt(engine: Engine, at: number, how: "once" | "for good" | "unheard"): Engine {
  let writes = 0;
  const write =
    <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      writes += 1;
      if (how === "unheard" && writes === at) await act(...args);
      if (how === "once" ? writes === at : writes >= at) throw new KBrokerError("disk_full", "No room left.");
      return act(...args);
    };
  const { catalog, cursors, log } = engine;
  return {
    ...engine,
    catalog: { ...catalog, put: write(catalog.put), delete: write(catalog.delete) },
    log: {
      ...log,
      createTopic: write(log.createTopic),
      deleteTopic: write(log.deleteTopic),
      append: write(log.append),
    },
    cursors: { ...cursors, init: write(cursors.init), forget: write(cursors.forget) },
  };
}
