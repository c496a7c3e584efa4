// Events as an iterable: what ends it, and what it leaves behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EventOverflow } from "../dist/index.js";
import { answering, failure, setup } from "./helpers.mjs";

const channel = "system:maintenance";

async function iterating(options, script) {
  const { broker, rpc, api } = await setup(script);
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

/** Returns how much memory is in use. */
function heapBytes() {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

for (const dropOldest of [false, true]) {
  test(`a loop that sleeps holds a bounded memory, dropOldest: ${dropOldest}`, async () => {
    const [sent, perFrame, size, limit] = [20_000, 50, 1000, 4096];
    const { broker, rpc, events } = await iterating(
      { dropOldest },
      answering(() => ({ result: null })),
    );
    const first = events.next();
    await broker.nth("subscribe", 2);
    broker.publish(channel, { n: 0 });
    await first;
    const before = heapBytes();
    for (let n = 0; n < sent; n += perFrame) {
      broker.publishInOneFrame(channel, { text: "x".repeat(size) }, perFrame);
    }
    await rpc.call({ name: "any" }); // its reply comes behind the events
    const grown = heapBytes() - before;

    rpc.close();
    let held = 0;
    try {
      while (!(await events.next()).done) {
        held++;
      }
    } catch (error) {
      assert.ok(error instanceof EventOverflow && !dropOldest);
    }
    assert.equal(held, limit);
    assert.ok(grown < 2 * limit * size, `${grown} bytes`);
  });
}
