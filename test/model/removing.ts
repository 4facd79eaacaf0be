import fc from "fast-check";
import { action, subscriptionName, topicName } from "./action.ts";
import { type Life, passUntil, type World } from "./world.ts";

/** What is in flight has this long when a subscription goes. */
const DRAIN_MS = 20_000;

export const deleteSubscription = fc
  .record({ name: subscriptionName, purgeErrors: fc.boolean() })
  .map(({ name, purgeErrors }) =>
    action({
      text: `delete ${name}${purgeErrors ? " and its dead letters" : ""}`,
      can: ({ ledger }) => ledger.subscriptions.has(name),
      async act(world, life) {
        await remove(world, life, { name, work: life.broker.deleteSubscription(name, { purgeErrors, dryRun: false }) });
        world.ledger.subscriptions.delete(name);
      },
    }),
  );

export const deleteTopic = fc.record({ name: topicName, purgeErrors: fc.boolean() }).map(({ name, purgeErrors }) =>
  action({
    text: `delete topic ${name} with all${purgeErrors ? ", and the dead letters" : ""}`,
    can: ({ ledger }) => ledger.topics.has(name),
    async act(world, life) {
      const { ledger } = world;
      const options = { purgeErrors, dryRun: false, cascade: true };
      await remove(world, life, { name, work: life.broker.deleteTopic(name, options) });
      for (const subscription of ledger.subscriptions.values())
        if (subscription.topic.name === name) ledger.subscriptions.delete(subscription.name);
      ledger.topics.delete(name);
    },
  }),
);

async function remove(
  world: World,
  life: Life,
  { name, work }: { readonly name: string; readonly work: Promise<unknown> },
): Promise<void> {
  world.ledger.changing = name;
  await passUntil(world, life, { work, ms: DRAIN_MS });
  world.ledger.changing = undefined;
}
