// Streams: what their loops leave behind, and fakes of them.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as sdk from "../dist/index.js";
import { answering, failure, setup } from "./helpers.mjs";

/** Publishes the messages of a stream for its request. */
function send(broker, request, ...messages) {
  for (const message of messages) {
    broker.reply(request, message);
  }
}

const item = (n) => ({ seq: n, item: n });
const end = (seq) => ({ seq, result: null });

/** Answers the requests of streams with that many items. */
const streaming = (count) => ({
  publish: ({ data }, broker) => {
    if (data.method !== "rpc.ack" && data.method !== "rpc.cancel") {
      queueMicrotask(() => {
        for (let n = 1; n <= count; n++) {
          send(broker, data, item(n));
        }
        send(broker, data, end(count + 1));
      });
    }
  },
});

async function opened(script, options) {
  const made = await setup(script, options);
  await made.rpc.connect();
  return made;
}

async function collect(iterable) {
  const all = [];
  for await (const one of iterable) {
    all.push(one);
  }
  return all;
}

test("a stream is read once, and its call begins with the loop", async () => {
  const { broker, api } = await opened(streaming(3));
  const stream = api.jobsProgress({ job: 7 });
  assert.equal(broker.sent("publish").length, 0);
  assert.deepEqual(await collect(stream), [1, 2, 3]);
  assert.deepEqual(await collect(stream), []);
  const [{ data }, ...more] = broker.sent("publish");
  assert.deepEqual(more, []);
  assert.equal(data.window, 32);
  assert.deepEqual(data.params, { job: 7 });
});

test("a stream that was never asked calls nothing", async () => {
  const { broker, api } = await opened(streaming(3));
  const stream = api.jobsProgress();
  assert.deepEqual(await stream.return(), { done: true, value: undefined });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  assert.equal(broker.sent("publish").length, 0);
});

test("several next() at a time get the items in order, then the end", async () => {
  const { api } = await opened(streaming(2));
  const stream = api.jobsProgress();
  const all = [stream.next(), stream.next(), stream.next(), stream.next()];
  const values = (await Promise.all(all)).map(({ value }) => value);
  assert.deepEqual(values, [1, 2, undefined, undefined]);
});

test("return() ends a stream that waits, and cancels its call", async () => {
  const { broker, api } = await opened();
  const stream = api.jobsProgress();
  const next = stream.next();
  const { data } = await broker.nth("publish");
  await stream.return();
  assert.deepEqual(await next, { done: true, value: undefined });
  const { correlation_id } = data;
  const cancelled = await broker.nth("publish", 2);
  assert.deepEqual(cancelled.data, { method: "rpc.cancel", correlation_id });
});

test("an error of a stream is thrown once, after its items", async () => {
  const { broker, api } = await opened();
  const stream = api.jobsProgress();
  const first = stream.next();
  const { data } = await broker.nth("publish");
  const error = { code: -32002, message: "item 3 is too large" };
  send(broker, data, item(1), item(2), { seq: 3, error });
  assert.equal((await first).value, 1);
  assert.equal((await stream.next()).value, 2);
  assert.equal((await failure(stream.next())).code, -32002);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test("a signal ends a stream at once, whatever waits", async () => {
  const { broker, api } = await opened();
  const abort = new AbortController();
  const stream = api.jobsProgress({}, { signal: abort.signal });
  const first = stream.next();
  const { data } = await broker.nth("publish");
  send(broker, data, item(1), item(2), end(3));
  await first;
  const reason = new Error("enough");
  abort.abort(reason);
  assert.equal(await failure(stream.next()), reason);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  const late = api.jobsProgress({}, { signal: abort.signal });
  assert.equal(await failure(late.next()), reason);
});

test("a window is checked at the call", async () => {
  const { api } = await opened();
  for (const window of [0, 1001, 1.5, NaN, "1"]) {
    assert.throws(() => api.jobsProgress({}, { window }), RangeError);
  }
});

test(
  "a stream can be disposed of",
  { skip: !Symbol.asyncDispose },
  async () => {
    const { broker, api } = await opened();
    const stream = api.jobsProgress();
    const next = stream.next();
    await broker.nth("publish");
    await stream[Symbol.asyncDispose]();
    assert.equal((await next).done, true);
  },
);

test("nothing is left of streams that have ended", async () => {
  const { broker, rpc, api } = await opened(streaming(4));
  const { signal } = new AbortController();
  const timers = () =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout");
  const before = timers().length;
  const read = async (times) => {
    for (let n = 0; n < times; n++) {
      for await (const item of api.jobsProgress({}, { signal })) {
        if (item === 2) {
          break;
        }
      }
      await collect(api.jobsProgress({}, { signal, window: 4 }));
      broker.commands.length = broker.frames.length = 0;
    }
    await collect(api.jobsProgress()); // all else is acknowledged before
  };
  await read(300); // until the engine has compiled all
  const held = heapBytes();
  await read(600);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.equal(timers().length, before);
  const grown = heapBytes() - held;
  assert.ok(grown < 600_000, `${grown} bytes`);
  rpc.close();
});

/** Returns how much memory is in use. */
function heapBytes() {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test("a fake streams what its function yields, no faster than it is read", async () => {
  let made = 0;
  let cleaned = false;
  const fake = new sdk.FakeRPC({
    "jobs.progress": async function* ({ job }) {
      try {
        for (; ; made++) {
          yield job + made;
        }
      } finally {
        cleaned = true;
      }
    },
  });
  const stream = new sdk.APIClient(fake).jobsProgress({ job: 7 });
  assert.equal((await stream.next()).value, 7);
  assert.equal((await stream.next()).value, 8);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made, 2);
  await stream.return();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(cleaned);
});

test("a fake's error ends the stream", async () => {
  const fake = new sdk.FakeRPC({
    "jobs.progress": function* () {
      yield 1;
      throw new Error("no more");
    },
  });
  const stream = new sdk.APIClient(fake).jobsProgress();
  assert.equal((await stream.next()).value, 1);
  assert.match((await failure(stream.next())).message, /no more/);
  const missing = new sdk.APIClient(new sdk.FakeRPC({})).jobsProgress();
  const error = await failure(missing.next());
  assert.ok(error instanceof sdk.MethodNotFoundError);
});

// Interceptors.

test("interceptors stand around calls, the first one outermost", async () => {
  const seen = [];
  const noting = (name) => async (call, next) => {
    seen.push(`${name} ${call.method.name} ${JSON.stringify(call.params)}`);
    const result = await next(call);
    seen.push(`${name} ${result}`);
    return result;
  };
  const { api } = await opened(
    answering(() => ({ result: 3 })),
    { interceptors: [noting("outer"), noting("inner")] },
  );
  assert.equal(await api.tasksCount({ project_id: "p" }), 3);
  const called = 'tasks.count {"project_id":"p"}';
  assert.deepEqual(seen, [
    `outer ${called}`,
    `inner ${called}`,
    "inner 3",
    "outer 3",
  ]);
});

test("interceptors change calls and streams, and what comes of them", async () => {
  const adding = (call, next) =>
    next({ ...call, meta: { ...call.meta, traceparent: "00-1-2-01" } });
  const doubling = (call, next) =>
    next({ ...call, onItem: (n) => call.onItem(n * 2) });
  const { broker, api } = await opened(streaming(2), {
    interceptors: [adding, doubling],
  });
  const stream = api.jobsProgress({}, { meta: { own: "x" } });
  assert.deepEqual(await collect(stream), [2, 4]);
  const { meta } = broker.sent("publish")[0].data;
  assert.equal(meta.traceparent, "00-1-2-01");
  assert.equal(meta.own, "x");
});

test("an interceptor calls again, answers itself, or throws", async () => {
  let refusals = 2;
  const retrying = async (call, next) => {
    for (let left = 3; ; left--) {
      try {
        return await next(call);
      } catch (error) {
        if (error.sent || left === 0) {
          throw error;
        }
      }
    }
  };
  const deciding = (call, next) => {
    if (call.method.name === "projects.list") {
      return [];
    }
    if (call.method.name === "cache.clear") {
      throw new Error("not today");
    }
    return next(call);
  };
  const { broker, api } = await opened(
    answering(() =>
      refusals-- > 0
        ? { error: { code: -32001, message: "too many" } }
        : { result: 3 },
    ),
    { interceptors: [retrying, deciding] },
  );
  assert.equal(await api.tasksCount({ project_id: "p" }), 3);
  assert.equal(broker.sent("publish").length, 3);
  assert.deepEqual(await api.projectsList(), []);
  const error = await failure(api.cacheClear());
  assert.equal(error.message, "not today");
});
