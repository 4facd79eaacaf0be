import fc from "fast-check";
import { action, topicName } from "./action.ts";
import { kind, newSent } from "./publishing.ts";

const MINUTE_MS = 60_000;

export const schedule = fc
  .record({ topicName, kind, minutes: fc.constantFrom(5, 6, 12) })
  .map(({ topicName, kind, minutes }) =>
    action({
      text: `schedule ${kind} for ${topicName} in ${minutes} minutes`,
      can: ({ ledger }) => ledger.topics.has(topicName),
      async act(world, { broker }) {
        const topic = world.ledger.topics.get(topicName);
        if (topic === undefined) return;
        const made = newSent(world, { topic: topicName, kind });
        const sent = { ...made, id: `later-${made.number}`, scheduled: true };
        world.ledger.sent[sent.number] = sent;
        const dueMs = world.clock.now() + minutes * MINUTE_MS;
        const scheduled = { dueMs, promised: false };
        topic.scheduled.set(sent.number, scheduled);
        const { id, payload, attributes } = sent;
        const { scheduledForMs } = await broker.schedule({ topic: topicName, id, payload, attributes, minutes });
        scheduled.promised = true;
        if (scheduledForMs !== dueMs)
          world.ledger.violations.push(`${id} is scheduled for ${scheduledForMs}, not ${dueMs}.`);
      },
    }),
  );
