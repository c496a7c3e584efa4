// Subscriptions that begin where an earlier run of the program has ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import * as sdk from "../dist/index.js";
import { cleanups, setup } from "./helpers.mjs";

const channel = { project_id: "p1" };
const stored = { offset: 4, epoch: "e1" };

/** Answers as a channel that has the events from `first` to `last`. */
function keeping(state) {
  return {
    subscribe: (request) => {
      if (request.channel !== "tasks:p1") {
        return {};
      }
      state.asked = request;
      const { epoch, first, last } = state;
      const { recover = false, offset = 0 } = request;
      const recovered =
        recover &&
        offset + 1 >= first &&
        (request.epoch === undefined || request.epoch === epoch);
      const publications = [];
      for (let n = offset + 1; recovered && n <= last; n++) {
        publications.push({ data: n, offset: n });
      }
      return {
        recoverable: true,
        positioned: true,
        epoch,
        offset: recovered ? offset : last,
        was_recovering: recover,
        recovered,
        publications,
      };
    },
  };
}

test("missed events come first, each with its position", async () => {
  const state = { epoch: "e1", first: 1, last: 6 };
  const { broker, api } = await setup(keeping(state));
  const since = JSON.parse(JSON.stringify(stored));
  const events = api.onTaskUpdated(channel, { since });
  assert.deepEqual(events.position, stored);
  const got = [];
  for await (const event of events) {
    got.push([event, events.position]);
    if (event === 6) {
      broker.publish("tasks:p1", 7, { offset: 7 });
    }
    if (event === 7) {
      break;
    }
  }
  const at = (offset) => [offset, { offset, epoch: "e1" }];
  assert.deepEqual(got, [at(5), at(6), at(7)]);
  const { recover, offset, epoch } = state.asked;
  assert.deepEqual({ recover, offset, epoch }, { recover: true, ...stored });
});

test("a handler gets positions, and can go on at once where events are lost", async () => {
  const state = { epoch: "e1", first: 9, last: 9 };
  const { broker, api } = await setup(keeping(state));
  const got = await new Promise((resolve) => {
    const ends = [];
    api.onTaskUpdated(channel, assert.fail, {
      since: stored,
      onEnd: (reason) => {
        ends.push(reason);
        state.last = 10;
        api.onTaskUpdated(
          channel,
          (event, position) => resolve({ ends, event, position }),
          { since: reason.position, onEnd: resolve },
        );
      },
    });
  });
  assert.equal(got.ends.length, 1);
  assert.ok(got.ends[0] instanceof sdk.EventsLost);
  assert.deepEqual(got.ends[0].position, { offset: 9, epoch: "e1" });
  assert.equal(got.event, 10);
  assert.deepEqual(got.position, { offset: 10, epoch: "e1" });
  assert.deepEqual(
    broker.commands
      .filter((command) => command.channel === "tasks:p1")
      .map(({ kind }) => kind),
    ["subscribe", "unsubscribe", "subscribe"],
  );
});

test("a break that loses events ends only what began at a position", async () => {
  const state = { epoch: "e1", first: 1, last: 5 };
  const { broker, api } = await setup(keeping(state));
  const others = [];
  let heard;
  const lost = new Promise((resolve) => {
    const first = (event) => {
      assert.equal(event, 5);
      api.onTaskUpdated(channel, (other, position) => {
        others.push([other, position]);
        heard?.();
      });
      Object.assign(state, { epoch: "e2", last: 8 });
      broker.cut();
    };
    api.onTaskUpdated(channel, first, { since: stored, onEnd: resolve });
  });
  assert.deepEqual((await lost).position, { offset: 8, epoch: "e2" });
  const next = new Promise((resolve) => (heard = resolve));
  broker.publish("tasks:p1", 9, { offset: 9 });
  await next;
  assert.deepEqual(others, [[9, { offset: 9, epoch: "e2" }]]);
  assert.equal(broker.sent("unsubscribe").length, 0);
});

/** Resolves with why a subscription at a position ends. */
const endOf = (api) =>
  new Promise((resolve) => {
    api.onTaskUpdated(channel, assert.fail, { since: stored, onEnd: resolve });
  });

test("a channel that does not recover has no positions", async () => {
  const { broker, api } = await setup();
  const refused = await endOf(api);
  assert.ok(refused instanceof sdk.RPCError);
  assert.equal(refused.code, 108);
  const heard = new Promise((resolve) => {
    api.onTaskUpdated(channel, (event, position) => resolve([event, position]));
  });
  await broker.nth("subscribe", 3);
  broker.publish("tasks:p1", 1, { offset: 1 });
  assert.deepEqual(await heard, [1, undefined]);
});

test("what is subscribed already cannot begin at a position", async () => {
  const state = { epoch: "e1", first: 1, last: 5 };
  const { broker, rpc, api } = await setup(keeping(state));
  api.onTaskUpdated(channel, () => {});
  assert.equal((await endOf(api)).code, 105); // by this client
  const centrifuge = new Centrifuge(broker.url, { websocket: WebSocket });
  cleanups.push(() => centrifuge.disconnect());
  centrifuge.newSubscription("tasks:p1").subscribe();
  const over = sdk.CentrifugoRPCClient.over(centrifuge, "456");
  cleanups.push(() => over.close());
  assert.equal((await endOf(new sdk.APIClient(over))).code, 105); // by its owner
  rpc.close();
});

test("what the server subscribes cannot begin at a position", async () => {
  const error = { code: 105, message: "already subscribed" };
  const { api } = await setup({
    subscribe: ({ channel: name }) => (name === "tasks:p1" ? { error } : {}),
  });
  assert.equal((await endOf(api)).code, 105);
});
