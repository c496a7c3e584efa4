// Events for `for await`.
import { EventOverflow } from "./errors.js";
import type {
  EventArgs,
  EventHandler,
  RPCCaller,
  RPCEvent,
  SubscribeOptions,
  Unsubscribe,
} from "./api.js";

/**
 * Listens to an event for the methods of `APIClient`: with a handler, or as an
 * iterable, which begins to listen when it is iterated.
 */
export function listen<Payload>(
  rpc: RPCCaller,
  event: RPCEvent<Payload>,
  channel: object | undefined,
  rest: EventArgs<Payload>,
): Unsubscribe | AsyncIterable<Payload> {
  if (typeof rest[0] === "function") {
    const [handler, options] = rest as [
      EventHandler<Payload>,
      SubscribeOptions?,
    ];
    return rpc.subscribe(event, channel, handler, options);
  }
  const options = rest[0] ?? {};
  return {
    [Symbol.asyncIterator]: () =>
      new EventIterator<Payload>(
        (handler, onEnd) =>
          rpc.subscribe(event, channel, handler, { ...options, onEnd }),
        event.name,
        options,
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
class EventIterator<Payload> implements AsyncIterator<
  Payload,
  undefined,
  undefined
> {
  private readonly subscribe: (
    handler: EventHandler<Payload>,
    onEnd: (reason?: Error) => unknown,
  ) => Unsubscribe;
  private readonly event: string;
  private readonly options: SubscribeOptions;
  private readonly waiting: Waiting<Payload>[] = [];
  private events: Payload[] = [];
  private overflow: EventOverflow | undefined;
  private begun = false;
  private ended = false;
  /** What the next() after the last event throws. */
  private failure: { readonly reason: unknown } | undefined;
  private stop: Unsubscribe = () => undefined;

  constructor(
    subscribe: EventIterator<Payload>["subscribe"],
    event: string,
    options: SubscribeOptions,
  ) {
    this.subscribe = subscribe;
    this.event = event;
    this.options = options;
  }

  next(): Promise<Next<Payload>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (!this.begun) {
        this.begun = true;
        this.begin();
      }
      this.deliver();
    });
  }

  return(): Promise<Next<Payload>> {
    this.begun = true;
    this.events = [];
    this.end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  private begin(): void {
    const { signal, onEnd } = this.options;
    if (signal?.aborted) {
      this.end({ reason: signal.reason });
      return;
    }
    const onAbort = () => {
      this.events = [];
      this.end({ reason: signal?.reason });
    };
    const onEvent = (payload: Payload) => this.add(payload);
    try {
      const unsubscribe = this.subscribe(onEvent, (reason) => {
        this.end(reason && { reason });
        return onEnd?.(reason);
      });
      this.stop = () => {
        signal?.removeEventListener("abort", onAbort);
        unsubscribe();
      };
    } catch (reason) {
      this.end({ reason });
      return;
    }
    signal?.addEventListener("abort", onAbort);
  }

  /** Where too many events wait, the oldest is dropped, or the iteration ends after them. */
  private add(payload: Payload): void {
    const { maxEvents = MAX_EVENTS, dropOldest = false } = this.options;
    if (this.overflow !== undefined) {
      return;
    }
    if (this.events.length >= maxEvents && this.waiting.length === 0) {
      if (!dropOldest) {
        this.overflow = new EventOverflow(
          `the iteration is too slow: more than ${maxEvents} events wait`,
          { method: this.event, correlationId: "", sent: false },
        );
        return;
      }
      this.events.shift();
    }
    this.events.push(payload);
    this.deliver();
  }

  private end(failure: { readonly reason: unknown } | undefined): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.failure = failure;
    this.stop();
    this.deliver();
  }

  private deliver(): void {
    const drained = this.waiting.length > this.events.length;
    if (this.overflow !== undefined && drained && !this.ended) {
      this.end({ reason: this.overflow });
      return;
    }
    while (this.waiting.length > 0 && (this.events.length > 0 || this.ended)) {
      const { resolve, reject } = this.waiting.shift() as Waiting<Payload>;
      const { failure } = this;
      if (this.events.length > 0) {
        resolve({ done: false, value: this.events.shift() as Payload });
      } else if (failure !== undefined) {
        this.failure = undefined;
        reject(failure.reason);
      } else {
        resolve({ done: true, value: undefined });
      }
    }
  }
}
