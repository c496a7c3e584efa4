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

/** Starts a timer, unless the delay is infinite. */
export function startTimer(
  delayMs: number,
  fire: () => void,
): ReturnType<typeof setTimeout> | undefined {
  return delayMs === Infinity
    ? undefined
    : setTimeout(fire, Math.min(delayMs, MAX_DELAY_MS));
}

/** Bounds of the pause before an idempotent call is sent again. */
const MIN_RETRY_MS = 200;
const MAX_RETRY_MS = 20_000;

/** Returns a pause that grows from attempt to attempt, with full jitter. */
export function retryDelay(attempt: number): number {
  const limit = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** attempt);
  return Math.min(MAX_RETRY_MS, MIN_RETRY_MS + Math.random() * limit);
}
