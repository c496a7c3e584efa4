// What calls fail with.
import type { EventPosition } from "./position.js";

/** What every error of a call says about the call. */
export interface CallInfo {
  /** Wire name of the method, such as `tasks.get`. */
  readonly method: string;
  /** Identifies the call in the logs of both sides; empty for a notification. */
  readonly correlationId: string;
  /**
   * False: the request certainly did not run, and is safe to repeat. True: it was
   * answered, or its outcome is unknown.
   */
  readonly sent: boolean;
}

/** What is known of a call, or an event, for which nothing was sent. */
export function unsent(method: string): CallInfo {
  return { method, correlationId: "", sent: false };
}

/** Base class of everything that a call can fail with, cancelling aside. */
export class CallError extends Error implements CallInfo {
  override readonly name: string = "CallError";
  readonly method: string;
  readonly correlationId: string;
  readonly sent: boolean;

  constructor(message: string, call: CallInfo, cause?: unknown) {
    super(
      call.method === "" ? message : `${call.method}: ${message}`,
      cause ? { cause } : undefined,
    );
    this.method = call.method;
    this.correlationId = call.correlationId;
    this.sent = call.sent;
  }
}

const NO_CALL: CallInfo = { ...unsent(""), sent: true };

/** The server answered with an error. */
export class RPCError<Data = unknown> extends CallError {
  override readonly name: string = "RPCError";
  readonly code: number;
  readonly data: Data;

  constructor(
    code: number,
    message: string,
    data: Data,
    call: CallInfo = NO_CALL,
  ) {
    // The stack begins with all that is known; the message is the server's own.
    super(`${message} (code ${code})`, call);
    this.message = message;
    this.code = code;
    this.data = data;
  }
}

/** Says why there is no subscription to a channel. */
export function notSubscribed(
  channel: string,
  code: number,
  reason: string,
  call?: CallInfo,
): RPCError {
  const message = `subscription to ${channel}: ${reason}`;
  return new RPCError(code, message, undefined, call);
}

/** One thing that is wrong with the params of a call. */
export interface ParamIssue {
  /** Where: member names and indexes. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** The server refused the params: code -32602. */
export class InvalidParamsError extends RPCError {
  override readonly name: string = "InvalidParamsError";

  /** What is wrong with them. */
  get issues(): readonly ParamIssue[] {
    return Array.isArray(this.data) ? this.data : [];
  }
}

/** The server does not know the method: code -32601, or 1404 for a notification. */
export class MethodNotFoundError extends RPCError {
  override readonly name: string = "MethodNotFoundError";
}

/** No reply came in time. */
export class CallTimeout extends CallError {
  override readonly name: string = "CallTimeout";
}

/** The connection was lost while the call was under way. */
export class ConnectionLost extends CallError {
  override readonly name: string = "ConnectionLost";
}

/** The request is larger than Centrifugo accepts. */
export class RequestTooLarge extends CallError {
  override readonly name: string = "RequestTooLarge";
}

export function tooLarge(
  what: string,
  bytes: number,
  most: number,
  call: CallInfo,
): RequestTooLarge {
  const message = `the ${what} has ${bytes} bytes, ${most} are allowed`;
  return new RequestTooLarge(message, call);
}

/**
 * There is no connection, and none is being made. The cause is why it ended, if it
 * ended by itself.
 */
export class NotConnected extends CallError {
  override readonly name: string = "NotConnected";
}

/** Ends an iteration that is too slow: more events came than may wait for it. */
export class EventOverflow extends CallError {
  override readonly name: string = "EventOverflow";
}

/** Ends a subscription with `since`: the channel no longer has all events since then. */
export class EventsLost extends CallError {
  override readonly name: string = "EventsLost";
  /** Where to go on, once what the events are about was fetched anew. */
  readonly position: EventPosition;

  constructor(message: string, position: EventPosition) {
    super(message, unsent(""));
    this.position = position;
  }
}

/** The connection could not be made, or ended for good. */
export class ConnectError extends Error {
  override readonly name: string = "ConnectError";
  /** Centrifugo's code, or 0. */
  readonly code: number;

  constructor(message: string, code = 0, cause?: unknown) {
    super(message, cause ? { cause } : undefined);
    this.code = code;
  }
}
