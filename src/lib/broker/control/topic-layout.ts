import { KBrokerError } from "../../domain/error.ts";
import { type Layout, type LayoutWish, layoutProblem } from "../../domain/layout.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Layouts } from "../../engine/port.ts";
import type { Control } from "./control.ts";

type Deps = Pick<Control, "engine">;

/** What was asked for of it; `undefined`: nothing. */
export function wishOf({ partitions, replicationFactor, configs }: LayoutWish): LayoutWish | undefined {
  const wish = {
    ...(partitions !== undefined && { partitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(configs !== undefined && Object.keys(configs).length > 0 && { configs }),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
}

/** Fails where the engine has no layouts, or a number is out of bounds. */
export function checkWish({ engine }: Deps, wish: LayoutWish): void {
  layoutsFor({ engine }, "Partitions, replicas and settings of Kafka");
  const problem = layoutProblem(wish);
  if (problem !== undefined) throw new KBrokerError("invalid_request", problem);
}

/** Fails with `topic_refused` on an engine that has none. */
export function layoutsFor({ engine }: Deps, what: string): Layouts {
  if (engine.layouts !== null) return engine.layouts;
  const message = `${what} are for a broker on Apache Kafka; this one runs on the ${engine.capabilities.engine} engine.`;
  throw new KBrokerError("topic_refused", message, {
    hint: "Create the topic without them, or run the broker on Kafka: docs/kafka.md",
  });
}

export async function layoutOf({ engine }: Deps, { id }: Topic): Promise<Layout | null> {
  return (await engine.layouts?.of([id]))?.get(id) ?? null;
}

/** Each subscription has one, and few letters: what a cluster can bear is counted in partitions. */
const ERRORS_PARTITIONS = 1;

/** A dead letter topic is as safe as the topic that the letters come from. */
export async function wishForErrors({ engine }: Deps, topicId: string): Promise<LayoutWish | undefined> {
  if (engine.layouts === null) return undefined;
  return wishOf({ ...(await engine.layouts.wishLike(topicId)), partitions: ERRORS_PARTITIONS });
}
