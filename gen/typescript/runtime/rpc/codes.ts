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
/** Why a subscription cannot begin at a position. */
export const BEGUN_ALREADY = [
  ALREADY_SUBSCRIBED,
  "it has begun already",
] as const;
export const NOT_AVAILABLE = 108;
export const TOKEN_EXPIRED = 109;
/** The worker does not know the method of a notification. */
export const NOTIFY_NOT_FOUND = 1404;
/** From this code on: the server has ended a subscription. */
export const UNSUBSCRIBED_BY_SERVER = 2000;
/** The worker refused it behind one of Centrifugo's proxies, before it ran anything. */
const REFUSED_BY_WORKER = [400, 403, NOTIFY_NOT_FOUND, 1429, 1503];
/** The worker's reply says that it could not read or take the request. */
const NOT_TAKEN = [-32700, -32600, -32601, -32001, -32003];

/** Whether a request may have run, although it was refused. */
export function mayHaveRun({ code, temporary }: SDKError): boolean {
  // Centrifugo's own refusals: no handler has seen the request.
  const refused = (code > 100 && code < 109) || code === 112;
  return !(REFUSED_BY_WORKER.includes(code) || (refused && temporary !== true));
}

/** Whether the worker, which answers with this code, may have run the request. */
export function wasTaken(code: number): boolean {
  return !NOT_TAKEN.includes(code);
}

/** Whether the same request may be accepted later. */
export function isTemporary({ code, temporary }: SDKError): boolean {
  return temporary === true || code === 100 || code === 111;
}

/** Whether a close is final, by Centrifugo's ranges of codes. */
export function isFinalClose(code: number): boolean {
  return code >= 3500 && code < 5000 && code % 1000 >= 500;
}
