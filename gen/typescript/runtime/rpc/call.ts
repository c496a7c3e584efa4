// The life of one call.
import type { CallSettings, RPCMethod } from "./api.js";
import { CallTimeout, type CallInfo } from "./errors.js";
import type { Stream } from "./read-stream.js";
import { limit, retryDelay, type Settle } from "./timing.js";
import { newId } from "./values.js";

/** A call from its start to its end, which comes exactly once. */
export class Call {
  readonly id: string;
  method: RPCMethod;
  /** As they were at the call: it may be sent later, and again. */
  readonly params: unknown;
  readonly meta: CallSettings["meta"] | null;
  /** Length of the JSON text of both. */
  readonly textLength: number;
  /** Whether the request has left, so that its outcome may be unknown. */
  sent = false;
  /** Whether it was sent before, and may have run then. */
  again = false;
  /** How many temporary errors it was refused with. */
  #refusals = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a reply to the request may still come. */
  inFlight = false;
  /** Settled by the ack of the request. */
  acked: Promise<unknown> | undefined;
  /** What reads its replies, if they are many. */
  stream: Stream | undefined;
  readonly options: CallSettings;
  /** Gets whether the server is to be told, which may go on. */
  onEnd: ((cancel: unknown) => void) | undefined;
  /** Returns why there is no connection, as far as that is known. */
  whyNotSent: () => string = () => "";
  readonly #promise: Settle;
  /** Starts the deadline anew. */
  readonly renew: () => void;
  #ended = false;
  #deadline = 0;
  #forget: (() => void) | undefined;

  constructor(
    method: RPCMethod,
    params: unknown = {},
    options: CallSettings,
    timeoutMs: number,
    promise: Settle,
  ) {
    // In an array, so that there is a text even of what JSON has no place for.
    const text = JSON.stringify([params, options.meta]);
    this.method = method;
    this.options = options;
    [this.params, this.meta] = JSON.parse(text) as [unknown, Call["meta"]];
    this.textLength = text.length;
    this.#promise = promise;
    this.id = method.notify ? "" : newId();
    const late = () => {
      const why = this.inFlight ? "" : this.whyNotSent();
      const message = `no reply after ${timeoutMs} ms${why && `: ${why}`}`;
      const error = new CallTimeout(message, this.info(this.sent));
      // The worker knows when a call ends, but not a stream.
      this.reject(error, method.stream);
    };
    this.renew = () => {
      this.#forget?.();
      this.#deadline = performance.now() + timeoutMs;
      this.#forget = limit(timeoutMs, options.signal, late, (reason) =>
        this.reject(reason, true),
      );
    };
    this.renew();
  }

  info(sent: boolean): CallInfo {
    return { method: this.method.name, correlationId: this.id, sent };
  }

  resolve(result: unknown): void {
    if (this.#end()) {
      this.#promise.resolve(result);
    }
  }

  /** Where it is cancelled, the server is told that nobody waits. */
  reject(reason: unknown, cancel?: unknown): void {
    if (this.#end(cancel)) {
      this.#promise.reject(reason);
    }
  }

  /** Whole milliseconds until the deadline; infinite where there is none. */
  get timeLeft(): number {
    return Math.max(1, Math.ceil(this.#deadline - performance.now()));
  }

  /**
   * Calls `send` after a pause that grows each time. Returns false, and does not, if the
   * deadline comes first.
   */
  retryLater(send: () => void): boolean {
    const delayMs = retryDelay(this.#refusals);
    if (this.#deadline - performance.now() <= delayMs) {
      return false;
    }
    this.#refusals++;
    this.#retryTimer = setTimeout(send, delayMs);
    return true;
  }

  /** Returns whether this is the first end. */
  #end(cancel?: unknown): boolean {
    if (this.#ended) {
      return false;
    }
    this.#ended = true;
    this.#forget?.(); // not there yet where the signal was aborted before
    clearTimeout(this.#retryTimer);
    this.onEnd?.(cancel);
    return true;
  }
}
