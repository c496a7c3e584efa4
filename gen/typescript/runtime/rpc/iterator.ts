// Events for `for await`.
import { EventOverflow, unsent } from "./errors.js";
import { whenAborted } from "./timing.js";
import type {
  EventArgs,
  EventHandler,
  EventIterable,
  RPCCaller,
  RPCEvent,
  SubscribeOptions,
  Unsubscribe,
} from "./api.js";
import type { EventPosition } from "./position.js";

/**
 * Listens to an event for the methods of `APIClient`: with a handler, or as an
 * iterable, which begins to listen when it is iterated.
 */
export function listen<Payload>(
  rpc: RPCCaller,
  event: RPCEvent<Payload>,
  channel: object | undefined,
  rest: EventArgs<Payload>,
): Unsubscribe | EventIterable<Payload> {
  if (typeof rest[0] === "function") {
    const [handler, options] = rest as [
      EventHandler<Payload>,
      SubscribeOptions?,
    ];
    return rpc.subscribe(event, channel, handler, options);
  }
  const options = rest[0] ?? {};
  let position = options.since;
  return {
    get position() {
      return position;
    },
    [Symbol.asyncIterator]: () =>
      iterate<Payload>(
        (handler, onEnd) =>
          rpc.subscribe(event, channel, handler, { ...options, onEnd }),
        event.name,
        options,
        (taken) => (position = taken),
      ),
  };
}

const MAX_EVENTS = 4096;

type Next<Payload> = IteratorResult<Payload, undefined>;

interface Waiting<Payload> {
  resolve(next: Next<Payload>): void;
  reject(reason: unknown): void;
}

/** Not a generator: that could not be ended while it waits for an event. */
function iterate<Payload>(
  subscribe: (
    handler: EventHandler<Payload>,
    onEnd: (reason?: Error) => unknown,
  ) => Unsubscribe,
  event: string,
  options: SubscribeOptions,
  onTaken: (position: EventPosition | undefined) => void,
): AsyncIterator<Payload, undefined, undefined> {
  const { signal, onEnd, maxEvents = MAX_EVENTS, dropOldest } = options;
  const waiting: Waiting<Payload>[] = [];
  let events: [Payload, EventPosition?][] = [];
  let overflow: EventOverflow | undefined;
  let begun = false;
  let ended = false;
  /** What the next() after the last event throws. */
  let failure: { readonly reason: unknown } | undefined;
  let unsubscribe: Unsubscribe | undefined;
  let forget = () => {};

  const deliver = () => {
    if (overflow && waiting.length > events.length) {
      end({ reason: overflow });
    }
    while (waiting.length > 0 && (events.length > 0 || ended)) {
      const { resolve, reject } = waiting.shift() as Waiting<Payload>;
      if (events.length > 0) {
        const [value, position] = events.shift() as (typeof events)[number];
        onTaken(position);
        resolve({ done: false, value });
      } else if (failure) {
        reject(failure.reason);
        failure = undefined;
      } else {
        resolve({ done: true, value: undefined });
      }
    }
  };
  const end = (reason: typeof failure) => {
    if (!ended) {
      ended = true;
      failure = reason;
      forget();
      unsubscribe?.();
      deliver();
    }
  };
  const abort = () => {
    events = [];
    end({ reason: signal?.reason });
  };
  /** Where too many events wait, the oldest is dropped, or the iteration ends after them. */
  const add = (payload: Payload, position?: EventPosition) => {
    if (overflow) {
      return;
    }
    if (events.length >= maxEvents && waiting.length === 0) {
      if (!dropOldest) {
        overflow = new EventOverflow(
          `more than ${maxEvents} events wait`,
          unsent(event),
        );
        return;
      }
      events.shift();
    }
    events.push(position ? [payload, position] : [payload]);
    deliver();
  };
  const begin = () => {
    if (signal?.aborted) {
      abort();
      return;
    }
    forget = whenAborted(signal, abort);
    try {
      unsubscribe = subscribe(add, (reason) => {
        end(reason && { reason });
        return onEnd?.(reason);
      });
    } catch (reason) {
      end({ reason });
    }
  };

  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!begun) {
          begun = true;
          begin();
        }
        deliver();
      }),
    return: () => {
      begun = true;
      events = [];
      end(undefined);
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
