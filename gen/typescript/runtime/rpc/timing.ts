// Timers and promises.

/** `setTimeout` takes no longer delay; a longer one would fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;
/** How long a call takes at most, unless another time is given. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** The two ends of a promise. */
export interface Settle {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
}

/** Makes a promise to be settled later. Its rejection needs no handler. */
export function deferred(): { promise: Promise<void>; settle: Settle } {
  let settle: Settle | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve: () => resolve(), reject };
  });
  promise.catch(() => undefined);
  return { promise, settle: settle as unknown as Settle };
}

/**
 * Calls back when the time is up, or at once where the signal has been or is aborted. The
 * function that is returned undoes that.
 */
export function limit(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  onTimeout: () => void,
  onAbort: (reason: unknown) => void,
): () => void {
  if (signal?.aborted) {
    onAbort(signal.reason);
    return () => undefined;
  }
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(onTimeout, Math.min(timeoutMs, MAX_DELAY_MS));
  const forget = whenAborted(signal, onAbort);
  return () => {
    clearTimeout(timer);
    forget();
  };
}

/** Calls back when the signal is aborted. The function that is returned undoes that. */
export function whenAborted(
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): () => void {
  const listener = () => onAbort(signal?.reason);
  signal?.addEventListener("abort", listener);
  return () => signal?.removeEventListener("abort", listener);
}

/** For the pause before an idempotent call is sent again. */
const MIN_RETRY_MS = 200;
const MAX_RETRY_MS = 20_000;

/** Returns a pause that grows from attempt to attempt, with full jitter. */
export function retryDelay(attempt: number): number {
  const most = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** attempt);
  return MIN_RETRY_MS + Math.random() * most;
}
