// What the tests of the runtime share.
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import * as sdk from "../dist/index.js";
import { startBroker, tokenOf } from "./broker.mjs";

/** What undoes a test. */
export const cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

/** Starts a broker and makes a client of it. */
export async function setup(script = {}, options = {}) {
  const broker = await startBroker(script);
  cleanups.push(() => broker.stop());
  const rpc = new sdk.CentrifugoRPCClient(
    broker.url,
    options.token ?? tokenOf("456"),
    options.userId,
    { minReconnectDelayMs: 1, maxReconnectDelayMs: 2, ...options },
  );
  cleanups.push(() => rpc.close());
  return { broker, rpc, api: new sdk.APIClient(rpc) };
}

export const task = { task_id: "t1" };

/** Answers every request with what `body` makes of it. */
export const answering = (body) => ({
  publish: ({ data }, broker) => {
    queueMicrotask(() => broker.reply(data, body(data)));
  },
});

/** Resolves when the client's state is `wanted`. */
export function reached(rpc, wanted) {
  return new Promise((resolve) => {
    const stop = rpc.onState((state, reason) => {
      if (state === wanted) {
        stop();
        resolve(reason);
      }
    });
  });
}

/** Returns what a promise rejects with. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("no error");
}
