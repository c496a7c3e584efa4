// The items of a stream for `for await`.
import type { RPCCaller, RPCStreamMethod, StreamOptions } from "./api.js";
import { DEFAULT_WINDOW } from "./read-stream.js";
import { whenAborted } from "./timing.js";

const MAX_WINDOW = 1000;

/** For `await using`, where the compiler's `lib` knows it. */
type Disposable = typeof Symbol extends {
  readonly asyncDispose: infer Key extends symbol;
}
  ? { readonly [Dispose in Key]: () => Promise<void> }
  : unknown;

/**
 * The items of one call, for one loop. The call begins with the first `next()`; leaving
 * the loop, or `return()`, cancels it.
 */
export type RPCStream<Item> = AsyncIterable<Item> &
  AsyncIterator<Item, undefined, undefined> & {
    return(): Promise<IteratorResult<Item, undefined>>;
  } & Disposable;

interface Waiting<Item> {
  readonly item: Item;
  /** Tells that it was read. */
  taken(): void;
}

interface Reader<Item> {
  resolve(next: IteratorResult<Item, undefined>): void;
  reject(reason: unknown): void;
}

interface Failure {
  readonly reason: unknown;
}

/** Calls a method that streams its results, for the methods of `APIClient`. */
export function stream<Item>(
  rpc: RPCCaller,
  method: RPCStreamMethod<Item>,
  params: unknown,
  options: StreamOptions = {},
): RPCStream<Item> {
  const { signal, window = DEFAULT_WINDOW } = options;
  if (!(Number.isInteger(window) && window > 0 && window <= MAX_WINDOW)) {
    throw new RangeError(`the window is ${window}, and not from 1 to 1,000`);
  }
  const abort = new AbortController();
  const readers: Reader<Item>[] = [];
  let items: Waiting<Item>[] = [];
  let begun = false;
  let ended = false;
  /** What the next() after the last item throws. */
  let failure: Failure | undefined;
  let forget = () => {};

  const deliver = () => {
    while (readers.length > 0 && (items.length > 0 || ended)) {
      const { resolve, reject } = readers.shift() as Reader<Item>;
      const next = items.shift();
      if (next) {
        next.taken();
        resolve({ done: false, value: next.item });
      } else if (failure) {
        reject(failure.reason);
        failure = undefined;
      } else {
        resolve({ done: true, value: undefined });
      }
    }
  };
  const end = (reason?: Failure) => {
    ended = true;
    failure = reason;
    forget();
    deliver();
  };
  /** Ends it at once: what waits is dropped. */
  const cancel = (reason?: Failure) => {
    const dropped = items;
    items = [];
    end(reason);
    abort.abort(reason?.reason);
    for (const { taken } of dropped) {
      taken(); // so that a fake goes on, and sees the signal
    }
  };
  const onItem = (item: Item) =>
    new Promise<void>((taken) => {
      if (ended) {
        taken();
      } else {
        items.push({ item, taken });
        deliver();
      }
    });
  const begin = async () => {
    forget = whenAborted(signal, (reason) => cancel({ reason }));
    const own = { ...options, window, signal: abort.signal, onItem };
    let outcome: Failure | undefined;
    try {
      await rpc.call(method, params, own);
    } catch (reason) {
      outcome = { reason };
    }
    if (!ended) {
      end(outcome);
    }
  };
  const next = () =>
    new Promise<IteratorResult<Item, undefined>>((resolve, reject) => {
      readers.push({ resolve, reject });
      const first = !begun;
      begun = true;
      if (signal?.aborted && (first || items.length > 0)) {
        cancel({ reason: signal.reason });
      } else if (first) {
        void begin();
      }
      deliver();
    });
  const leave = () => {
    begun = true;
    cancel();
    return Promise.resolve({ done: true, value: undefined });
  };

  const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
  const iterator: object = {
    [Symbol.asyncIterator]: () => iterator,
    next,
    return: leave,
    ...(asyncDispose && { [asyncDispose]: async () => void (await leave()) }),
  };
  return iterator as RPCStream<Item>;
}
