import { expect, it } from "vitest";
import { PAGE_BYTES_MAX } from "../../../../src/lib/broker/control/dead-letters.ts";
import { bytes, ENDPOINT, openTestBroker } from "../../../support/broker.ts";

async function withDeadLetters(count: number, payload = bytes("1")) {
  const test = await openTestBroker();
  await test.broker.createTopic({ name: "orders", visibility: "private" });
  await test.broker.createSubscription({ name: "billing", topic: "orders", endpoint: ENDPOINT });
  const { topic } = await test.broker.describeTopic("billing_errors");
  for (let index = 0; index < count; index += 1) {
    await test.engine.log.append(topic.id, [{ id: `m-${index}`, attributes: [], payload }]);
    await test.clock.advance(1);
  }
  return { ...test, topicId: topic.id };
}

it("lists page by page, oldest first, until there are no more", async () => {
  const { broker } = await withDeadLetters(5);
  const pages: (readonly string[])[] = [];
  let after: string | undefined;

  do {
    const page = await broker.listDeadLetters("billing", { limit: 2, ...(after === undefined ? {} : { after }) });
    pages.push(page.entries.map(({ shard, message }) => `${shard}:${message.offset} ${message.id}`));
    expect(page.total).toBe(5);
    after = page.next ?? undefined;
  } while (after !== undefined);

  expect(pages).toEqual([["0:0 m-0", "0:1 m-1"], ["0:2 m-2", "0:3 m-3"], ["0:4 m-4"]]);
});

it("the page that ends with the last entry is the last page", async () => {
  const { broker } = await withDeadLetters(2);

  expect(await broker.listDeadLetters("billing", { limit: 2 })).toMatchObject({ total: 2, next: null });
});

it("an empty one is empty", async () => {
  const { broker } = await withDeadLetters(0);

  expect(await broker.listDeadLetters("billing", { limit: 2 })).toEqual({
    ...{ entries: [], total: 0, setAside: null, next: null },
  });
});

it("does not show what is past its time to live", async () => {
  const { broker, clock } = await withDeadLetters(3);
  await clock.advance(7 * 86_400_000 - 2);

  const page = await broker.listDeadLetters("billing", { limit: 10 });

  expect(page.entries.map(({ message }) => message.id)).toEqual(["m-2"]);
  expect(page.total).toBe(1);
});

it("ends a page early rather than hold many megabytes, and the next one goes on", async () => {
  const payload = new Uint8Array(PAGE_BYTES_MAX / 2);
  const { broker } = await withDeadLetters(3, payload);

  const first = await broker.listDeadLetters("billing", { limit: 10 });
  const second = await broker.listDeadLetters("billing", { limit: 10, after: first.next ?? "" });

  expect([first.entries.length, first.next]).toEqual([2, "0:1"]);
  expect(second.entries.map(({ message }) => message.id)).toEqual(["m-2"]);
});

it.each(["", "0", "0:", "a:b", "-1:0", "0:99999999999999999999"])("refuses %j as a position", async (after) => {
  const { broker } = await withDeadLetters(1);

  const listing = broker.listDeadLetters("billing", { limit: 1, after });

  await expect(listing).rejects.toMatchObject({ code: "invalid_request" });
});

it("an unknown subscription is not found", async () => {
  const { broker } = await withDeadLetters(0);

  await expect(broker.listDeadLetters("bill", { limit: 1 })).rejects.toMatchObject({ code: "subscription_not_found" });
});
