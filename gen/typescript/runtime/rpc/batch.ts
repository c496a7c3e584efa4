// Calls of a batch that are made in one turn leave in one publication.
import type { RPCCaller } from "./api.js";
import type { Call } from "./call.js";
import { quiet, takeFrame, type Waiting } from "./outbox.js";
import type { Requests } from "./request.js";
import { newId } from "./values.js";

/** How many requests a publication may hold. */
const MAX_REQUESTS = 100;

/** Returns a caller whose calls are those of one batch. */
export function batched(rpc: RPCCaller): RPCCaller {
  const batch = newId();
  return {
    call: (method, params, options) =>
      rpc.call(method, params, { ...options, batch }),
    subscribe: (event, channel, handler, options) =>
      rpc.subscribe(event, channel, handler, options),
  };
}

/**
 * Returns a function that holds calls until the turn ends, and then sends those of one
 * batch and one channel together, as far as they fit into a frame.
 */
export function makeGather(
  requests: Requests,
  send: (calls: readonly Call[], bytes: number) => void,
): (call: Call) => Promise<void> {
  const { channelOf, maxBytes, measureExactly } = requests;
  const waiting: Call[] = [];
  return async (call) => {
    if (waiting.push(call) > 1) {
      return;
    }
    await quiet(waiting);
    const groups = new Map<string, Waiting[]>();
    for (const each of waiting.splice(0)) {
      const key = each.options.batch + channelOf(each);
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group.push({ calls: [each], bytes: measureExactly(each) });
    }
    for (const group of groups.values()) {
      while (group.length > 0) {
        const together = takeFrame(group, maxBytes, MAX_REQUESTS);
        send(
          together.flatMap(({ calls }) => calls),
          maxBytes,
        ); // a frame of its own
      }
    }
  };
}
