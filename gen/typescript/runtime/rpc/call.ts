// The life of one call.
import type { CallOptions, RPCMethod } from "./api.js";
import { CallTimeout, type CallInfo } from "./errors.js";
import { retryDelay, startTimer, type Settle } from "./timing.js";
import { newId } from "./values.js";

/** A call from its start to its end, which comes exactly once. */
export class Call {
  readonly id: string;
  readonly method: RPCMethod;
  /** As they were at the call: it may be sent later, and again. */
  readonly params: unknown;
  /** Length of their JSON text. */
  readonly paramsLength: number;
  readonly options: CallOptions;
  /** Whether the request has left, so that its outcome may be unknown. */
  sent = false;
  /** Whether it was sent before, and may have run then. */
  again = false;
  /** How many temporary errors it was refused with. */
  private refusals = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a reply to the request may still come. */
  inFlight = false;
  onEnd: (() => void) | undefined;
  /** Returns why there is no connection, as far as that is known. */
  whyNotSent: () => string = () => "";
  private readonly promise: Settle;
  private ended = false;
  private readonly deadline: number;
  private readonly timer: ReturnType<typeof setTimeout> | undefined;
  private readonly onAbort: (() => void) | undefined;

  constructor(
    method: RPCMethod,
    params: unknown,
    options: CallOptions,
    timeoutMs: number,
    promise: Settle,
  ) {
    // In an array, so that there is a text even of what JSON has no place for.
    const text = JSON.stringify([params === undefined ? {} : params]);
    this.method = method;
    this.params = (JSON.parse(text) as [unknown])[0];
    this.paramsLength = text.length;
    this.options = options;
    this.promise = promise;
    this.id = method.notify ? "" : newId();
    this.deadline = performance.now() + timeoutMs;
    this.timer = startTimer(timeoutMs, () => {
      const why = this.whyNotSent();
      const detail = this.inFlight || why === "" ? "" : `: ${why}`;
      const message = `no reply after ${timeoutMs} ms${detail}`;
      this.reject(new CallTimeout(message, this.info(this.sent)));
    });
    const { signal } = options;
    if (signal !== undefined) {
      this.onAbort = () => this.reject(signal.reason);
      signal.addEventListener("abort", this.onAbort);
    }
  }

  info(sent: boolean): CallInfo {
    return { method: this.method.name, correlationId: this.id, sent };
  }

  resolve(result: unknown): void {
    if (this.end()) {
      this.promise.resolve(result);
    }
  }

  reject(reason: unknown): void {
    if (this.end()) {
      this.promise.reject(reason);
    }
  }

  /** Whole milliseconds until the deadline, if there is one. */
  get timeLeft(): number | undefined {
    return Number.isFinite(this.deadline)
      ? Math.max(1, Math.ceil(this.deadline - performance.now()))
      : undefined;
  }

  /**
   * Calls `send` after a pause that grows each time. Returns false, and does not, if the
   * deadline comes first.
   */
  retryLater(send: () => void): boolean {
    const delayMs = retryDelay(this.refusals);
    if (this.deadline - performance.now() <= delayMs) {
      return false;
    }
    this.refusals++;
    this.retryTimer = setTimeout(send, delayMs);
    return true;
  }

  /** Returns whether this is the first end. */
  private end(): boolean {
    if (this.ended) {
      return false;
    }
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.retryTimer);
    if (this.onAbort !== undefined) {
      this.options.signal?.removeEventListener("abort", this.onAbort);
    }
    this.onEnd?.();
    return true;
  }
}
