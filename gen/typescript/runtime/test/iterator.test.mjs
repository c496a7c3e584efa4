// Events as an iterable: what ends it, and what it leaves behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, setup } from "./helpers.mjs";

const channel = "system:maintenance";

async function iterating(options) {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const events = api.onSystemMaintenance(options)[Symbol.asyncIterator]();
  return { broker, rpc, events };
}

test("return() ends an iterator that waits, and its subscription", async () => {
  const { broker, events } = await iterating();
  const next = events.next();
  await broker.nth("subscribe", 2);
  assert.deepEqual(await events.return(), { done: true, value: undefined });
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.equal((await broker.nth("unsubscribe")).channel, channel);
  assert.deepEqual(await events.next(), { done: true, value: undefined });
});

test("an iterator that was never asked listens to nothing", async () => {
  const { broker, rpc, events } = await iterating();
  await events.return();
  await events.next();
  rpc.close();
  assert.equal(broker.sent("subscribe").length, 1); // the reply channel
});

test("several next() at a time get the events in order", async () => {
  const { broker, events } = await iterating();
  const all = [events.next(), events.next(), events.next()];
  await broker.nth("subscribe", 2);
  for (const n of [1, 2, 3]) {
    broker.publish(channel, { n });
  }
  const values = (await Promise.all(all)).map(({ value }) => value.n);
  assert.deepEqual(values, [1, 2, 3]);
});

test("events that came before the end are still delivered", async () => {
  const { broker, rpc, events } = await iterating();
  const first = events.next();
  await broker.nth("subscribe", 2);
  broker.publish(channel, { n: 1 });
  broker.publish(channel, { n: 2 });
  await first;
  const handled = new Promise((resolve) =>
    rpc.subscribe({ name: "n", channel }, undefined, ({ n }) =>
      n === 3 ? resolve() : undefined,
    ),
  );
  broker.publish(channel, { n: 3 });
  await handled;
  rpc.close();
  assert.deepEqual((await events.next()).value, { n: 2 });
  assert.deepEqual((await events.next()).value, { n: 3 });
  assert.equal((await events.next()).done, true);
});

test("the reason of an end is thrown once", async () => {
  const { broker, rpc, events } = await iterating();
  const next = failure(events.next());
  await broker.nth("subscribe", 2);
  broker.push({ channel, unsubscribe: { code: 2000, reason: "moved" } });
  assert.match((await next).message, /moved/);
  assert.equal((await events.next()).done, true);
  assert.equal(rpc.state, "connected");
});

test("a signal that was aborted before throws its reason", async () => {
  const { broker, events } = await iterating({
    signal: AbortSignal.abort("no"),
  });
  assert.equal(await failure(events.next()), "no");
  assert.equal(broker.sent("subscribe").length, 1);
});
