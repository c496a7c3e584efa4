// Batches: what leaves together, and what does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import * as sdk from "../dist/index.js";
import { answering, cleanups, failure, setup, task } from "./helpers.mjs";

/** Answers each request of a publication with what `body` makes of it. */
const answeringAll = (body) => {
  const { publish } = answering(body);
  return {
    publish: ({ data }, broker) => {
      for (const one of data.batch ?? [data]) {
        publish({ data: one }, broker);
      }
    },
  };
};

const results = answeringAll(({ params }) => ({ result: params.task_id }));

/** How many requests each publication had; 0 is a plain one. */
const sizes = (broker) =>
  broker.sent("publish").map(({ data }) => data.batch?.length ?? 0);

async function opened(script, options) {
  const made = await setup(script, options);
  await made.rpc.connect();
  return made;
}

test("calls of one turn leave in one publication, in order", async () => {
  const { broker, api } = await opened(results);
  const batch = api.batch();
  const ids = Array.from({ length: 32 }, (_, i) => `t${i}`);
  const calls = ids.map((task_id) => batch.tasksGet({ task_id }));
  assert.deepEqual(await Promise.all(calls), ids);
  const [{ data }, ...more] = broker.sent("publish");
  assert.deepEqual(more, []);
  assert.deepEqual(Object.keys(data), ["batch"]);
  assert.deepEqual(
    data.batch.map(({ params }) => params.task_id),
    ids,
  );
  assert.equal(await batch.tasksGet({ task_id: "later" }), "later");
  assert.deepEqual(sizes(broker), [32, 0]);
});

test("interceptors that take a few microtasks part no calls", async () => {
  const { broker, api } = await opened(results, {
    interceptors: [
      async (call, next) => {
        for (let i = 0; i < call.params.task_id.length; i++) {
          await undefined;
        }
        return next(call);
      },
    ],
  });
  const batch = api.batch();
  const ids = ["a", "aaaaaaaaaa", "aaa"];
  await Promise.all(ids.map((task_id) => batch.tasksGet({ task_id })));
  assert.deepEqual(sizes(broker), [3]);
});

test("a batch is for the calls that are made through it", async () => {
  const { broker, api } = await opened(results);
  const [one, two] = [api.batch(), api.batch()];
  const through = [one, two, api, two, one, api, one];
  await Promise.all(through.map((each) => each.tasksGet(task)));
  assert.deepEqual(sizes(broker).sort(), [0, 0, 2, 3]);
});

test("batches never make a frame that is too long", async () => {
  const { broker, api } = await opened(results);
  const batch = api.batch();
  const ids = [60_000, 3, 30_000, 35_000, 200, 65_000, 5].map((length) =>
    "ü".repeat(length / 2),
  );
  const all = ids.flatMap((task_id) => [
    batch.tasksGet({ task_id }),
    api.tasksGet({ task_id }),
  ]);
  await Promise.all(all);
  assert.ok(Math.max(...broker.frames) <= 65_536, `${broker.frames}`);
  assert.ok(Math.max(...sizes(broker)) > 1);
});

test("a call that is cancelled in its turn is not in the batch", async () => {
  const { broker, api } = await opened(results);
  const batch = api.batch();
  const abort = new AbortController();
  const { signal } = abort;
  const calls = [
    batch.tasksGet({ task_id: "t1" }),
    batch.tasksGet({ task_id: "t2" }),
  ];
  const cancelled = failure(batch.tasksGet({ task_id: "t3" }, { signal }));
  abort.abort("enough");
  assert.equal(await cancelled, "enough");
  assert.deepEqual(await Promise.all(calls), ["t1", "t2"]);
  assert.deepEqual(sizes(broker), [2]);
});

test("a batch outlives the session that it began in", async () => {
  const { broker, rpc, api } = await opened(results);
  const batch = api.batch();
  const lost = failure(batch.tasksGet(task));
  rpc.close();
  const back = rpc.connect();
  const calls = [batch.tasksGet(task), batch.tasksGet(task)];
  assert.ok((await lost) instanceof sdk.NotConnected);
  await back;
  assert.deepEqual(await Promise.all(calls), ["t1", "t1"]);
  assert.deepEqual(sizes(broker), [2]);
});

test("a connection that was brought along carries batches", async () => {
  const { broker } = await setup(results);
  const centrifuge = new Centrifuge(broker.url, { websocket: WebSocket });
  cleanups.push(() => centrifuge.disconnect());
  const rpc = sdk.CentrifugoRPCClient.over(centrifuge, "456");
  cleanups.push(() => rpc.close());
  const batch = new sdk.APIClient(rpc).batch();
  await Promise.all([batch.tasksGet(task), batch.tasksGet(task)]);
  assert.deepEqual(sizes(broker), [2]);
});

test("a batch of a batch is a batch", async () => {
  const { broker, api } = await opened(results);
  const batch = api.batch();
  const inner = batch.batch();
  await Promise.all([inner.tasksGet(task), inner.tasksGet(task)]);
  assert.deepEqual(sizes(broker), [2]);
});

test("events and fakes know nothing of batches", async () => {
  const fake = new sdk.FakeRPC({ "tasks.get": ({ task_id }) => task_id });
  const batch = new sdk.APIClient(fake).batch();
  const heard = [];
  const stop = batch.onTaskUpdated({ project_id: "p" }, (payload) => {
    heard.push(payload);
  });
  fake.emit("task.updated", { project_id: "p" }, 1);
  stop();
  fake.emit("task.updated", { project_id: "p" }, 2);
  assert.deepEqual(heard, [1]);
  assert.deepEqual(
    await Promise.all([batch.tasksGet(task), batch.tasksGet(task)]),
    ["t1", "t1"],
  );
});
