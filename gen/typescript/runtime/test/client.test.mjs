import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import * as sdk from "../dist/index.js";
import { tokenOf } from "./broker.mjs";
import {
  answering,
  cleanups,
  failure,
  reached,
  setup,
  task,
} from "./helpers.mjs";

test("calls a method over the reply channel", async () => {
  const { broker, rpc, api } = await setup(
    answering((data) => ({ result: { echo: data.params } })),
  );
  assert.equal(rpc.state, "disconnected");
  await rpc.connect();
  assert.equal(rpc.state, "connected");
  assert.deepEqual(await api.tasksGet(task), { echo: task });
  const { channel, data } = broker.sent("publish")[0];
  assert.equal(channel, "rpc.requests");
  assert.match(data.correlation_id, /^[0-9a-f]{32}$/);
  assert.deepEqual(data, {
    method: "tasks.get",
    params: task,
    correlation_id: data.correlation_id,
    reply_to: "user#456",
    timeout_ms: data.timeout_ms,
  });
  assert.ok(data.timeout_ms > 0 && data.timeout_ms <= 10_000);
});

test("sends no request before the reply channel is there", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: [] })));
  rpc.connect();
  assert.deepEqual(await api.projectsList(), []);
  assert.deepEqual(
    broker.commands.map(({ kind }) => kind),
    ["connect", "subscribe", "publish"],
  );
});

test("uses a server-side subscription to the reply channel", async () => {
  const { broker, rpc, api } = await setup({
    ...answering(() => ({ result: 3 })),
    connect: () => ({ client: "c1", subs: { "user#456": {} } }),
  });
  await rpc.connect();
  assert.equal(await api.tasksCount({ project_id: "p" }), 3);
  assert.equal(broker.sent("subscribe").length, 0);
});

test("takes error 105 for a server-side subscription", async () => {
  const { rpc, api } = await setup({
    ...answering(() => ({ result: null })),
    subscribe: ({ channel }, broker) => {
      broker.push({ channel, subscribe: {} });
      return { error: { code: 105, message: "already subscribed" } };
    },
  });
  await rpc.connect();
  assert.equal(await api.cacheClear(), undefined);
});

test("names the remedies when the reply channel is refused", async () => {
  const { rpc } = await setup({
    subscribe: () => ({ error: { code: 103, message: "permission denied" } }),
  });
  const error = await failure(rpc.connect());
  assert.ok(error instanceof sdk.ConnectError);
  assert.equal(error.code, 103);
  assert.match(
    error.message,
    /token.*allow_user_limited_channels or channel_regex/,
  );
  assert.equal(rpc.state, "disconnected");
});

test("drops forged, unknown and broken replies", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const called = api.tasksCount({ project_id: "p" });
  const { data } = await broker.nth("publish");
  const forged = { correlation_id: data.correlation_id, result: 666 };
  broker.publish("user#456", forged, { info: { user: "9", client: "c9" } });
  broker.publish("user#456", { correlation_id: "nobody's", result: 666 });
  broker.publish("user#456", ["no object"]);
  broker.publish("elsewhere", forged);
  broker.reply(data, { result: 7 });
  assert.equal(await called, 7);
});

test("throws the error that the server answered with", async () => {
  const errors = {
    404: { code: 404, message: "gone", data: task },
    409: { code: 409, message: "closed", data: "undeclared for this method" },
    "-32601": { code: -32601, message: "no such method" },
    "-32602": {
      code: -32602,
      message: "wrong",
      data: [{ loc: ["task_id"], msg: "missing", type: "missing" }],
    },
  };
  const { rpc, api } = await setup(
    answering((data) => ({ error: errors[data.params.task_id] })),
  );
  await rpc.connect();
  const get = (task_id) => failure(api.tasksGet({ task_id }));

  const missing = await get("404");
  assert.ok(missing instanceof sdk.TaskNotFound);
  assert.ok(missing instanceof sdk.RPCError);
  assert.equal(missing.name, "TaskNotFound");
  assert.equal(missing.message, "gone");
  assert.deepEqual(missing.data, task);
  assert.equal(missing.method, "tasks.get");
  assert.equal(missing.sent, true);
  assert.match(missing.correlationId, /^[0-9a-f]{32}$/);

  const plain = await get("409");
  assert.equal(plain.constructor, sdk.RPCError);
  assert.equal(plain.code, 409);
  assert.ok((await get("-32601")) instanceof sdk.MethodNotFoundError);
  const invalid = await get("-32602");
  assert.ok(invalid instanceof sdk.InvalidParamsError);
  assert.deepEqual(invalid.issues[0].loc, ["task_id"]);
});

test("times out and says whether the request has left", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const late = await failure(api.tasksGet(task, { timeoutMs: 500 }));
  assert.ok(late instanceof sdk.CallTimeout);
  assert.equal(late.sent, true);
  const { timeout_ms } = (await broker.nth("publish")).data;
  assert.ok(timeout_ms > 0 && timeout_ms <= 500);
});

test("a call waits for the connection within its own deadline", async () => {
  const { rpc, api } = await setup({ connect: () => "silence" });
  const connected = rpc.connect({ timeoutMs: 10_000 });
  const early = await failure(api.tasksGet(task, { timeoutMs: 20 }));
  assert.ok(early instanceof sdk.CallTimeout);
  assert.equal(early.sent, false);
  rpc.close();
  assert.ok((await failure(connected)) instanceof sdk.ConnectError);
});

test("connect() gives up in time", async () => {
  const { rpc } = await setup({ connect: () => "silence" });
  const error = await failure(rpc.connect({ timeoutMs: 20 }));
  assert.ok(error instanceof sdk.CallTimeout);
  assert.match(error.message, /not connected after 20 ms/);
  assert.equal(rpc.state, "disconnected");
});

test("cancelling rejects with the signal's reason", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const controller = new AbortController();
  const called = api.tasksGet(task, { signal: controller.signal });
  await broker.nth("publish");
  const reason = new Error("enough");
  controller.abort(reason);
  assert.equal(await failure(called), reason);
  const { signal } = controller;
  assert.equal(await failure(api.tasksGet(task, { signal })), reason);
  assert.equal(broker.sent("publish").length, 1);
});

test("fails before sending what cannot be sent", async () => {
  const { broker, rpc, api } = await setup({}, { maxFrameBytes: 300 });
  rpc.close();
  const unconnected = await failure(api.tasksGet(task));
  assert.ok(unconnected instanceof sdk.NotConnected);
  assert.equal(unconnected.sent, false);
  await rpc.connect();
  const large = await failure(api.tasksGet({ task_id: "€".repeat(60) }));
  assert.ok(large instanceof sdk.RequestTooLarge);
  assert.equal(large.sent, false);
  assert.equal(broker.sent("publish").length, 0);
});

test("counts the bytes of the frame exactly", async () => {
  let longest = 0;
  const { broker, rpc, api } = await setup({}, { maxFrameBytes: 500 });
  await rpc.connect();
  for (let length = 100; ; length++) {
    const called = api.tasksDelete({ task_id: "é".repeat(length) });
    const error = await Promise.race([
      failure(called),
      broker.nth("publish", length - 99).then(() => undefined),
    ]);
    if (error !== undefined) {
      break;
    }
    called.catch(() => undefined);
    const { channel, data } = broker.sent("publish").at(-1);
    const frame = { publish: { channel, data }, id: 0xffffffff };
    longest = Buffer.byteLength(JSON.stringify(frame));
  }
  // The next one has two bytes more, or one, where the time left lost a digit.
  assert.ok(longest > 497 && longest <= 500, `${longest}`);
});

test("refuses what is too large, and nothing else", async () => {
  const { rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const fits = ["x".repeat(65_000), "€".repeat(21_000), "€".repeat(21_750)];
  for (const task_id of fits) {
    assert.equal(await api.tasksGet({ task_id }), 1);
  }
  const meta = { trace: "x".repeat(65_500) };
  for (const [task_id, options] of [
    ["x".repeat(65_500)],
    ["€".repeat(21_840)],
    ["\u0001".repeat(10_920)], // takes six bytes each
    ["t1", { meta }],
  ]) {
    const error = await failure(api.tasksGet({ task_id }, options));
    assert.ok(error instanceof sdk.RequestTooLarge);
  }
});

test("calls of one turn leave in few frames, in order", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const ids = Array.from({ length: 100 }, (_, i) => `t${i}`);
  const before = broker.frames.length;
  await Promise.all(ids.map((task_id) => api.tasksGet({ task_id })));
  const frames = broker.frames.length - before;
  assert.ok(frames <= 10, `${frames} frames`);
  const requests = broker.sent("publish").map(({ data }) => data);
  assert.deepEqual(
    requests.map(({ params }) => params.task_id),
    ids,
  );
});

test("calls that go on from the replies of a frame share one, too", async () => {
  const rounds = [];
  const { broker, rpc, api } = await setup({
    publish: ({ data }) => void rounds.at(-1).push(data),
  });
  await rpc.connect();
  rounds.push([]);
  const callers = Array.from({ length: 50 }, async () => {
    await api.tasksGet(task);
    await api.tasksGet(task);
  });
  await broker.nth("publish", 50);
  const [requests] = rounds;
  rounds.push([]);
  const before = broker.frames.length;
  broker.replyInOneFrame(requests, { result: 1 });
  await broker.nth("publish", 100);
  assert.ok(broker.frames.length - before <= 10, `${broker.frames}`);
  broker.replyInOneFrame(rounds[1], { result: 1 });
  await Promise.all(callers);
});

test("calls of one turn never make a frame that is too long", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const ids = [60_000, 30_000, 10_000, 40_000, 30_000, 65_000, 5].map(
    (length) => "x".repeat(length),
  );
  await Promise.all(ids.map((task_id) => api.tasksGet({ task_id })));
  assert.ok(Math.max(...broker.frames) <= 65_536, `${broker.frames}`);
  const requests = broker.sent("publish").map(({ data }) => data);
  assert.deepEqual(
    requests.map(({ params }) => params.task_id),
    ids,
  );
});

test("a call that is cancelled in its turn is not sent", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const abort = new AbortController();
  const first = api.tasksGet({ task_id: "t1" });
  const cancelled = api.tasksGet({ task_id: "t2" }, { signal: abort.signal });
  const last = api.tasksGet({ task_id: "t3" });
  abort.abort();
  assert.equal((await failure(cancelled)).name, "AbortError");
  await Promise.all([first, last]);
  const requests = broker.sent("publish").map(({ data }) => data);
  assert.deepEqual(
    requests.map(({ params }) => params.task_id),
    ["t1", "t3"],
  );
});

test("no two calls have the same id", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  await Promise.all(Array.from({ length: 300 }, () => api.tasksGet(task)));
  const ids = broker.sent("publish").map(({ data }) => data.correlation_id);
  assert.equal(new Set(ids).size, 300);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
});

test("an error of the broker says whether the request ran", async () => {
  const errors = [
    [{ code: 103, message: "permission denied" }, false],
    [{ code: 100, message: "internal", temporary: true }, true],
    [{ code: 1429, message: "rate limited" }, false],
  ];
  for (const [error, sent] of errors) {
    const { rpc, api } = await setup({ publish: () => ({ error }) });
    await rpc.connect();
    const failed = await failure(api.cacheClear());
    assert.ok(failed instanceof sdk.RPCError);
    assert.equal(failed.code, error.code);
    assert.equal(failed.sent, sent);
  }
});

test("a notification ends when it was accepted", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const seen = { task_id: "t1", seen_at: "2025-01-31T08:30:00Z" };
  assert.equal(await api.tasksSeen(seen), undefined);
  const { data } = broker.sent("publish")[0];
  assert.deepEqual(data, { method: "tasks.seen", params: seen });
});

test("close() ends calls, and connect() opens again", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const called = api.tasksGet(task);
  await broker.nth("publish");
  rpc.close();
  const lost = await failure(called);
  assert.ok(lost instanceof sdk.ConnectionLost);
  assert.equal(lost.sent, true);
  rpc.close();
  await rpc.connect();
  assert.equal(rpc.state, "connected");
});

test("connect, close and connect in one tick", async () => {
  const { broker, rpc } = await setup();
  const first = rpc.connect();
  rpc.close();
  await rpc.connect();
  assert.ok((await failure(first)) instanceof sdk.ConnectError);
  assert.equal(broker.sent("connect").length, 1);
});

test("a connect() that joins another gives up alone", async () => {
  const { rpc } = await setup({ connect: () => "silence" });
  const first = rpc.connect();
  const joined = await failure(rpc.connect({ timeoutMs: 1 }));
  assert.match(joined.message, /not connected after 1 ms/);
  assert.equal(rpc.state, "connecting");
  rpc.close();
  assert.match((await failure(first)).message, /closed/);
});

test("connect() waits for a lost connection to come back", async () => {
  const { broker, rpc } = await setup();
  await rpc.connect();
  const lost = reached(rpc, "connecting");
  broker.cut();
  await lost;
  await rpc.connect();
  assert.equal(rpc.state, "connected");
});

test("opens again from what is called at the end", async () => {
  const { rpc, api } = await setup();
  await rpc.connect();
  const reopened = new Promise((resolve) => {
    api.onTaskUpdated({ project_id: "p1" }, () => undefined, {
      onEnd: () => resolve(rpc.connect()),
    });
  });
  rpc.close();
  await reopened;
  assert.equal(rpc.state, "connected");
});

test("a cut ends the calls whose replies are lost", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const called = api.tasksUpdate(task);
  const repeated = api.tasksGet(task);
  const unanswered = (await broker.nth("publish", 1)).data;
  const first = (await broker.nth("publish", 2)).data;
  const back = reached(rpc, "connected");
  broker.cut();
  const lost = await failure(called);
  assert.ok(lost instanceof sdk.ConnectionLost);
  assert.equal(lost.sent, true);
  await back;
  const cancelled = (await broker.nth("publish", 3)).data;
  assert.equal(cancelled.method, "rpc.cancel");
  assert.equal(cancelled.correlation_id, unanswered.correlation_id);
  const again = (await broker.nth("publish", 4)).data;
  assert.equal(again.correlation_id, first.correlation_id);
  broker.reply(again, { result: 5 });
  assert.equal(await repeated, 5);
});

test("a recoverable reply channel keeps calls over a cut", async () => {
  const script = {
    subscribe: ({ recover }, broker) => {
      const position = { recoverable: true, positioned: true, epoch: "e" };
      if (!recover) {
        return position;
      }
      const { correlation_id } = broker.sent("publish")[0].data;
      const data = { correlation_id, result: "kept" };
      return {
        ...position,
        was_recovering: true,
        recovered: true,
        publications: [{ data, offset: 1 }],
      };
    },
  };
  const { broker, rpc, api } = await setup(script);
  await rpc.connect();
  const called = api.tasksUpdate(task);
  await broker.nth("publish");
  broker.cut();
  assert.equal(await called, "kept");
});

test("an end that is final ends everything", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const called = api.tasksGet(task);
  const ended = new Promise((resolve) => {
    api.onSystemMaintenance(() => undefined, { onEnd: resolve });
  });
  await broker.nth("publish");
  const state = reached(rpc, "disconnected");
  for (const socket of broker.wss.clients) {
    socket.close(3500, "invalid token");
  }
  assert.ok((await failure(called)) instanceof sdk.ConnectionLost);
  assert.equal((await state).code, 3500);
  assert.equal((await ended).code, 3500);
});

test("events reach handlers, and one that throws stops nothing", async (t) => {
  const complaints = t.mock.method(console, "error", () => undefined);
  const { broker, rpc, api } = await setup();
  const got = [];
  const stop = api.onTaskUpdated({ project_id: "p1" }, (payload) => {
    got.push(payload);
    throw new Error("a handler's own fault");
  });
  const all = new Promise((resolve) => {
    api.onTaskUpdated({ project_id: "p1" }, (payload) => {
      if (payload.n === 2) {
        resolve();
      }
    });
  });
  await rpc.connect();
  await broker.nth("subscribe", 2);
  broker.publish("tasks:p1", { n: 1 });
  broker.publish("tasks:p1", { n: 2 });
  await all;
  assert.deepEqual(got, [{ n: 1 }, { n: 2 }]);
  assert.equal(complaints.mock.callCount(), 2);
  assert.equal(rpc.state, "connected");
  stop();
  stop();
  assert.equal(broker.sent("unsubscribe").length, 0);
});

test("the last handler of a channel unsubscribes", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const stop = api.onSystemMaintenance(() => undefined);
  await broker.nth("subscribe", 2);
  stop();
  assert.equal((await broker.nth("unsubscribe")).channel, "system:maintenance");
});

test("events can be iterated, over a cut as well", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const got = [];
  const reading = (async () => {
    for await (const payload of api.onTaskUpdated({ project_id: "p1" })) {
      got.push(payload.n);
      if (payload.n === 2) {
        broker.cut();
        await broker.nth("subscribe", 4);
        broker.publish("tasks:p1", { n: 3 });
      }
      if (payload.n === 3) {
        break;
      }
    }
  })();
  await broker.nth("subscribe", 2);
  broker.publish("tasks:p1", { n: 1 });
  broker.publish("tasks:p1", { n: 2 });
  await reading;
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal((await broker.nth("unsubscribe")).channel, "tasks:p1");
});

test("an iteration ends with close(), or throws why it ended", async () => {
  const refuse = ({ channel }) =>
    channel === "tasks:secret"
      ? { error: { code: 103, message: "permission denied" } }
      : {};
  const { broker, rpc, api } = await setup({ subscribe: refuse });
  await rpc.connect();
  const controller = new AbortController();
  const read = async (project_id, options) => {
    for await (const _ of api.onTaskUpdated({ project_id }, options)) {
      assert.fail("no event was sent");
    }
  };
  assert.equal((await failure(read("secret"))).code, 103);
  const cancelled = failure(read("p1", { signal: controller.signal }));
  await broker.nth("subscribe", 3);
  controller.abort("enough");
  assert.equal(await cancelled, "enough");
  const closed = read("p2");
  await broker.nth("subscribe", 4);
  rpc.close();
  await closed;
});

test("the RPC transport needs no reply channel", async () => {
  const { broker, rpc, api } = await setup(
    {
      rpc: ({ method, data }) =>
        method === "tasks.get"
          ? { data: { result: data } }
          : { data: { error: { code: 409, message: "closed" } } },
    },
    { transport: "rpc" },
  );
  await rpc.connect();
  assert.deepEqual(await api.tasksGet(task), task);
  const closed = await failure(api.tasksUpdate(task));
  assert.ok(closed instanceof sdk.ProjectClosed);
  assert.equal(broker.sent("subscribe").length, 0);
});

test("takes the user from the token, or says that they differ", async () => {
  const fetched = await setup({}, { token: async () => tokenOf("789") });
  await fetched.rpc.connect();
  assert.equal(fetched.broker.sent("subscribe")[0].channel, "user#789");

  const other = await setup({}, { token: tokenOf("456"), userId: "457" });
  const error = await failure(other.rpc.connect());
  assert.match(error.message, /"457".*"456"/);

  const unknown = await setup({}, { token: "opaque" });
  assert.match((await failure(unknown.rpc.connect())).message, /`sub`/);

  const odd = await setup({}, { token: tokenOf("1,2") });
  assert.match((await failure(odd.rpc.connect())).message, /must have no ,/);

  const failing = await setup(
    {},
    { token: () => Promise.reject(new Error("login first")) },
  );
  assert.match((await failure(failing.rpc.connect())).message, /login first/);
});

test("fills the nonce once a connection", async () => {
  const replyChannel = "user.{nonce}#{user_id}";
  const { broker, rpc } = await setup({}, { replyChannel });
  await rpc.connect();
  const { channel } = broker.sent("subscribe")[0];
  assert.match(channel, /^user\.[0-9a-f]{32}#456$/);
  const back = reached(rpc, "connected");
  broker.cut();
  await back;
  assert.equal(broker.sent("subscribe")[1].channel, channel);
});

test("a connection that was brought along stays as it was", async () => {
  const { broker } = await setup(answering(() => ({ result: 1 })));
  const centrifuge = new Centrifuge(broker.url, { websocket: WebSocket });
  cleanups.push(() => centrifuge.disconnect());
  const own = centrifuge.newSubscription("system:maintenance");
  own.subscribe();
  const counts = () =>
    ["connected", "disconnected", "publication", "subscribed", "error"].map(
      (event) =>
        centrifuge.listeners(event).length + own.listeners(event).length,
    );
  const before = counts();
  const rpc = sdk.CentrifugoRPCClient.over(centrifuge, "456");
  const api = new sdk.APIClient(rpc);
  await rpc.connect();
  assert.equal(await api.tasksCount({ project_id: "p" }), 1);
  const event = new Promise((resolve) => api.onSystemMaintenance(resolve));
  await own.ready();
  broker.publish("system:maintenance", { n: 1 });
  assert.deepEqual(await event, { n: 1 });
  rpc.close();
  assert.equal(centrifuge.state, "connected");
  assert.equal(own.state, "subscribed");
  assert.deepEqual(Object.keys(centrifuge.subscriptions()), [own.channel]);
  assert.deepEqual(counts(), before);
});

test("a connection that is open already is ready at once", async () => {
  const { broker } = await setup();
  const centrifuge = new Centrifuge(broker.url, { websocket: WebSocket });
  cleanups.push(() => centrifuge.disconnect());
  centrifuge.connect();
  await centrifuge.ready();
  const rpc = sdk.CentrifugoRPCClient.over(centrifuge, "456", {
    transport: "rpc",
  });
  await rpc.connect();
  assert.equal(rpc.state, "connected");
  rpc.close();
});

test("an object of one's own can stand in for the client", async () => {
  const api = new sdk.APIClient({
    call: async (method, params) => ({ [method.name]: params }),
    subscribe: (_event, channel, handler) => {
      handler(channel);
      return () => undefined;
    },
  });
  assert.deepEqual(await api.tasksGet(task), { "tasks.get": task });
  for await (const payload of api.onTaskUpdated({ project_id: "p" })) {
    assert.deepEqual(payload, { project_id: "p" });
    break;
  }
});

test("a token function that returns no token is asked again", async () => {
  const tokens = [tokenOf("456"), undefined, "", tokenOf("456")];
  let connects = 0;
  const { broker, rpc } = await setup(
    {
      connect: () =>
        ++connects === 2
          ? { error: { code: 109, message: "expired" } }
          : undefined,
    },
    { token: async () => tokens.shift() },
  );
  await rpc.connect();
  const back = reached(rpc, "connected");
  broker.cut();
  await back;
  assert.deepEqual(tokens, []);
});

test("says that a token function returned no token", async () => {
  for (const returned of [undefined, ""]) {
    const { rpc } = await setup({}, { token: async () => returned });
    const { message } = await failure(rpc.connect());
    assert.match(message, /the token function returned no token/);
  }
});

test("does not try to connect to what is not the URL of a WebSocket", async () => {
  for (const url of ["nonsense", "ws://", "", "mailto:a@b"]) {
    const rpc = new sdk.CentrifugoRPCClient(url, tokenOf("456"));
    const error = await failure(rpc.connect());
    assert.ok(error instanceof sdk.ConnectError);
    assert.match(error.message, /is not the URL of a WebSocket/);
  }
});

test("a channel that is too long harms nothing else", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const long = { project_id: "x".repeat(2000) };
  const check = (error) =>
    error instanceof sdk.RequestTooLarge &&
    error.method === "task.updated" &&
    !error.sent;
  const end = new Promise((onEnd) =>
    api.onTaskUpdated(long, () => undefined, { onEnd }),
  );
  assert.ok(check(await end));
  const events = api.onTaskUpdated(long)[Symbol.asyncIterator]();
  assert.ok(check(await failure(events.next())));
  assert.equal(broker.sent("subscribe").length, 1);
  assert.equal(await api.tasksGet(task), 1);
});

test("a server that ends the reply subscription does not end the client", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const called = failure(api.tasksUpdate(task));
  const { reply_to } = (await broker.nth("publish")).data;
  const back = reached(rpc, "connected");
  const unsubscribe = { code: 2000, reason: "server unsubscribe" };
  broker.push({ channel: reply_to, unsubscribe });
  assert.ok((await called) instanceof sdk.ConnectionLost);
  await back;
  const again = api.tasksUpdate(task);
  const cancelled = (await broker.nth("publish", 2)).data;
  assert.equal(cancelled.method, "rpc.cancel");
  broker.reply((await broker.nth("publish", 3)).data, { result: 2 });
  assert.equal(await again, 2);
});

test("after a final end, calls say why there is no connection", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const ended = reached(rpc, "disconnected");
  broker.close(3500, "invalid token");
  await ended;
  const error = await failure(api.tasksGet(task));
  assert.ok(error instanceof sdk.NotConnected);
  assert.match(error.message, /not connected: disconnected: invalid token/);
  assert.equal(error.cause.code, 3500);
  await rpc.connect();
  rpc.close();
  assert.match((await failure(api.tasksGet(task))).message, /call connect/);
});

test("what async callbacks throw is written to the console", async (t) => {
  let wake;
  t.mock.method(console, "error", (error) => wake(error.message));
  const written = () => new Promise((resolve) => (wake = resolve));
  const throwing = (message) => async () => {
    throw new Error(message);
  };
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  api.onSystemMaintenance(throwing("in a handler"), {
    onEnd: throwing("at the end"),
  });
  await broker.nth("subscribe", 2);
  const first = written();
  broker.publish("system:maintenance", {});
  assert.equal(await first, "in a handler");
  const second = written();
  rpc.close();
  assert.equal(await second, "at the end");
});

test("a native call ends when the SDK has given it up", async (t) => {
  let arrived;
  const arrival = new Promise((resolve) => (arrived = resolve));
  const rpcScript = () => (arrived(), "silence");
  const { rpc, api } = await setup({ rpc: rpcScript }, { transport: "rpc" });
  await rpc.connect();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const called = failure(api.tasksGet(task, { timeoutMs: Infinity }));
  await arrival;
  t.mock.timers.tick(10_000); // what the SDK waits
  t.mock.timers.tick(1); // and once more, for what is on its way
  const error = await called;
  assert.ok(error instanceof sdk.CallTimeout);
  assert.equal(error.sent, true);
});

test("sends whole milliseconds", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  await api.tasksGet(task, { timeoutMs: 10_000 / 3 });
  const { timeout_ms } = broker.sent("publish")[0].data;
  assert.ok(Number.isInteger(timeout_ms) && timeout_ms <= 3334, timeout_ms);
});

test("params are sent as they were at the call", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  const params = { task_id: "" };
  const calls = [];
  for (const task_id of ["t1", "t2", "t3"]) {
    params.task_id = task_id;
    calls.push(api.tasksGet(params));
  }
  params.task_id = "x".repeat(100_000);
  await Promise.all(calls);
  assert.deepEqual(
    broker.sent("publish").map(({ data }) => data.params.task_id),
    ["t1", "t2", "t3"],
  );
});

test("calls that waited for the connection go first", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  const calls = [];
  rpc.onState((state) => {
    if (state === "connected") {
      calls.push(api.tasksGet({ task_id: "late" }));
    }
  });
  const connected = rpc.connect();
  calls.push(...["1", "2", "3"].map((task_id) => api.tasksGet({ task_id })));
  await connected;
  await Promise.all(calls);
  assert.deepEqual(
    broker.sent("publish").map(({ data }) => data.params.task_id),
    ["1", "2", "3", "late"],
  );
});

test("a call never joins a frame of calls that were cancelled", async () => {
  const { broker, rpc, api } = await setup(answering(() => ({ result: 1 })));
  await rpc.connect();
  for (let microtasks = 0; microtasks < 80; microtasks++) {
    const abort = new AbortController();
    const cancelled = ["1", "2", "3"].map((id) =>
      failure(
        api.tasksGet({ task_id: id.repeat(4000) }, { signal: abort.signal }),
      ),
    );
    for (let i = 0; i < microtasks; i++) {
      await undefined; // at one of these the batch is with the SDK
    }
    abort.abort();
    await api.tasksGet({ task_id: "x".repeat(65_000) });
    await Promise.all(cancelled);
  }
  assert.ok(Math.max(...broker.frames) <= 65_536, `${broker.frames}`);
});

test("listeners hear of the state as it is", async () => {
  const { rpc } = await setup();
  await rpc.connect();
  let again;
  rpc.onState((state) => {
    again ??= state === "disconnected" ? rpc.connect() : undefined;
  });
  const heard = [];
  rpc.onState((state) => heard.push(state));
  rpc.close();
  await again;
  assert.deepEqual(heard, ["connecting", "connected"]);
});

test("a handler that was stopped gets nothing more", async () => {
  const { broker, rpc, api } = await setup();
  await rpc.connect();
  const got = [];
  let stop;
  const first = new Promise((resolve) =>
    api.onSystemMaintenance((payload) => {
      stop();
      resolve(payload);
    }),
  );
  stop = api.onSystemMaintenance((payload) => got.push(payload));
  await broker.nth("subscribe", 2);
  broker.publish("system:maintenance", { n: 1 });
  await first;
  assert.deepEqual(got, []);
});

test("notifications do not wait for the reply channel", async () => {
  let arrived;
  const arrival = new Promise((resolve) => (arrived = resolve));
  const { broker, rpc, api } = await setup({
    publish: (request) => {
      arrived(request.data);
      return "silence";
    },
  });
  await rpc.connect();
  const notified = failure(api.tasksSeen(task));
  const { reply_to } = await arrival;
  assert.equal(reply_to, undefined);
  broker.publish("user#456", { correlation_id: "", error: { code: 1 } });
  const back = reached(rpc, "connected");
  const unsubscribe = { code: 2000, reason: "server unsubscribe" };
  broker.push({ channel: "user#456", unsubscribe });
  await back;
  broker.cut();
  assert.ok((await notified) instanceof sdk.ConnectionLost);
});

test("no form of a client holds its token", async () => {
  const { rpc, api } = await setup({}, { token: `${tokenOf("456")}-secret` });
  await rpc.connect();
  for (const value of [rpc, api]) {
    for (const text of [
      JSON.stringify(value),
      String(value),
      inspect(value, { depth: 20, showHidden: true }),
    ]) {
      assert.ok(!text.includes("-secret"), text);
    }
  }
});
