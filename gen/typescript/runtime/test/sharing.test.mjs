// Who shares a client or a connection does not end what others use.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import WebSocket from "ws";
import * as sdk from "../dist/index.js";
import { tokenOf } from "./broker.mjs";
import { answering, cleanups, failure, setup, task } from "./helpers.mjs";

/** Makes an open connection, and two clients over it. */
async function shared(script) {
  const { broker } = await setup(script);
  const centrifuge = new Centrifuge(broker.url, { websocket: WebSocket });
  cleanups.push(() => centrifuge.disconnect());
  const clients = ["a", "b"].map(() =>
    sdk.CentrifugoRPCClient.over(centrifuge, "456"),
  );
  return { broker, centrifuge, clients };
}

test("a connection with Protobuf is refused", async () => {
  const { broker } = await setup();
  const centrifuge = new ProtobufCentrifuge(broker.url, {
    websocket: WebSocket,
  });
  const rpc = sdk.CentrifugoRPCClient.over(centrifuge, "456");
  const error = await failure(rpc.connect());
  assert.ok(error instanceof sdk.ConnectError);
  assert.match(error.message, /Protobuf/);
  assert.equal(centrifuge.state, "disconnected");
});

test("who gives up connecting leaves those who wait", async () => {
  let letIn;
  const token = new Promise((resolve) => (letIn = resolve));
  const { rpc, api } = await setup(
    answering(() => ({ result: 1 })),
    {
      token: () => token,
    },
  );
  const abort = new AbortController();
  const first = rpc.connect({ signal: abort.signal });
  const second = rpc.connect();
  const called = api.tasksGet(task);
  abort.abort("enough");
  assert.equal(await failure(first), "enough");
  assert.equal(rpc.state, "connecting");
  letIn(tokenOf("456"));
  await second;
  assert.equal(await called, 1);
});

test("the last one who gives up ends the connecting", async () => {
  const { rpc, api } = await setup({}, { token: () => new Promise(() => {}) });
  const aborts = [new AbortController(), new AbortController()];
  const waiting = aborts.map(({ signal }) => failure(rpc.connect({ signal })));
  const called = failure(api.tasksGet(task));
  aborts[1].abort();
  await waiting[1];
  assert.equal(rpc.state, "connecting");
  aborts[0].abort();
  await waiting[0];
  assert.equal(rpc.state, "disconnected");
  assert.ok((await called) instanceof sdk.NotConnected);
});

test("one client's close leaves another's replies on the connection", async () => {
  const { centrifuge, clients } = await shared(
    answering(() => ({ result: 1 })),
  );
  const [a, b] = clients;
  await Promise.all([a.connect(), b.connect()]);
  a.close();
  assert.equal(await new sdk.APIClient(b).tasksGet(task), 1);
  b.close();
  assert.deepEqual(Object.keys(centrifuge.subscriptions()), []);
});

test("one client's unsubscribe leaves another's events", async () => {
  const { broker, clients } = await shared();
  const [a, b] = clients;
  await Promise.all([a.connect(), b.connect()]);
  const stop = new sdk.APIClient(a).onSystemMaintenance(() => undefined);
  const event = new Promise((resolve) =>
    new sdk.APIClient(b).onSystemMaintenance(resolve),
  );
  await broker.nth("subscribe", 2);
  stop();
  broker.publish("system:maintenance", { n: 1 });
  assert.deepEqual(await event, { n: 1 });
});

test("closing while the state changes leaves nothing on the connection", async () => {
  const { centrifuge, clients } = await shared();
  const [rpc] = clients;
  rpc.onState((state) => state === "connecting" && rpc.close());
  await failure(rpc.connect());
  assert.equal(centrifuge.state, "disconnected");
  assert.equal(centrifuge.listeners("connected").length, 0);
});

test("packages of their own share a connection as well", async () => {
  const { broker, centrifuge, clients } = await shared(
    answering(() => ({ result: 1 })),
  );
  const copy = await import("../dist/rpc-client.js?copy");
  assert.notEqual(copy.CentrifugoRPCClient, sdk.CentrifugoRPCClient);
  const [a] = clients;
  const b = copy.CentrifugoRPCClient.over(centrifuge, "456");
  await a.connect();
  await b.connect();
  a.close();
  assert.equal(await new sdk.APIClient(b).tasksGet(task), 1);
  assert.equal(broker.sent("unsubscribe").length, 0);
});

test("who joins a reply channel knows that it recovers", async () => {
  const { broker, clients } = await shared({
    subscribe: ({ recover }, server) => ({
      recoverable: true,
      positioned: true,
      epoch: "e",
      ...(recover && {
        was_recovering: true,
        recovered: true,
        publications: server.sent("publish").map(({ data }, index) => ({
          data: { correlation_id: data.correlation_id, result: "kept" },
          offset: index + 1,
        })),
      }),
    }),
  });
  const [a, b] = clients;
  await a.connect();
  await b.connect();
  const calls = [a, b].map((rpc) => new sdk.APIClient(rpc).tasksUpdate(task));
  await broker.nth("publish", 2);
  broker.cut();
  assert.deepEqual(await Promise.all(calls), ["kept", "kept"]);
});

test("closing when the state is connected leaves nothing behind", async () => {
  const { centrifuge, clients } = await shared();
  const [a, b] = clients;
  await a.connect();
  b.onState((state) => state === "connected" && b.close());
  await b.connect();
  a.close();
  assert.deepEqual(Object.keys(centrifuge.subscriptions()), []);
});
