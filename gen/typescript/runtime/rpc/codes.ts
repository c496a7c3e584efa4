// The codes of Centrifugo and of its SDK.

/** What the SDK rejects with: a plain object, never an `Error`. */
export interface SDKError {
  readonly code: number;
  readonly message: string;
  readonly temporary?: boolean;
}

export const TIMED_OUT = 1;
export const CLIENT_DISCONNECTED = 3;
/** Lower codes are the SDK's own. */
export const FIRST_SERVER_CODE = 100;
export const ALREADY_SUBSCRIBED = 105;
/** From this code on: the server has ended a subscription. */
export const UNSUBSCRIBED_BY_SERVER = 2000;
/** Centrifugo refused the request: no handler has seen it. */
export const NOT_RUN = new Set([101, 102, 103, 104, 105, 106, 107, 108, 112]);

/** Whether a close is final, by Centrifugo's ranges of codes. */
export function isFinalClose(code: number): boolean {
  return (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}
