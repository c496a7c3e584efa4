// What users and client.ts see of it.
import type { RPCError, CallInfo } from "./errors.js";
import type { EventPosition } from "./position.js";
import type { StreamReader } from "./read-stream.js";

/** Converts between the values of a type and what is sent of them. */
export interface Codec {
  encode(value: unknown): unknown;
  decode(value: unknown): unknown;
}

/** Class of a declared error. */
export interface RPCErrorClass {
  readonly code: number;
  /** Where its data is not what is sent. */
  readonly dataCodec?: Codec;
  new (code: number, message: string, data: never, call: CallInfo): RPCError;
}

/** What the client has to know of the API that it is generated for. */
export interface APISettings {
  /** Channel that requests are published on. */
  readonly requestsChannel: string;
  /** The caller's reply channel; knows {user_id} and {nonce}. */
  readonly replyChannel: string;
  /** The API's version; empty where the document has none. */
  readonly version: string;
  /** What the slowest of its methods is given; 0 where none says so. */
  readonly longestTimeoutMs: number;
}

/** What the client has to know of a method. */
export interface RPCMethod<Result = unknown> {
  readonly name: string;
  /** Where its requests are published; by default on the client's channel. */
  readonly channel?: string | undefined;
  /** Classes of the errors that it declares. */
  readonly errors?: readonly RPCErrorClass[] | undefined;
  /** There is no reply: the call ends when the request was accepted. */
  readonly notify?: boolean | undefined;
  /** The request may be sent again where its outcome is unknown. */
  readonly idempotent?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  /** A reply without a result, or with null, is malformed. */
  readonly returnsValue?: boolean | undefined;
  /** The call resolves with undefined, whatever the reply holds. */
  readonly returnsNothing?: boolean | undefined;
  /** Where the params, or the result, are not what is sent. */
  readonly paramsCodec?: Codec | undefined;
  readonly resultCodec?: Codec | undefined;
  /** Reads its results where there are many: a stream. */
  readonly stream?: StreamReader | undefined;
  /** Only carries the type: it is never set. */
  readonly result?: Result | undefined;
}

/**
 * What the client has to know of a method that streams its results. What is said above of
 * the result is said of each item, and the call resolves at the end.
 */
export interface RPCStreamMethod<Item = unknown> extends RPCMethod<void> {
  readonly stream: StreamReader;
  /** Only carries the type: it is never set. */
  readonly item?: Item | undefined;
}

/** What the client has to know of an event. */
export interface RPCEvent<Payload = unknown> {
  readonly name: string;
  /** Channel, with {placeholders} for the arguments. */
  readonly channel: string;
  /** Where the payload is not what is sent. */
  readonly payloadCodec?: Codec | undefined;
  /** Only carries the type: it is never set. */
  readonly payload?: Payload | undefined;
}

/** What a type has to be like that says what methods take and return. */
export type MethodTypes<Methods> = {
  [Name in keyof Methods]: { params?: unknown; result: unknown };
};

/** The same of streams. */
export type StreamTypes<Streams> = {
  [Name in keyof Streams]: { params?: unknown; item: unknown };
};

/** The same of events. */
export type EventTypes<Events> = {
  [Name in keyof Events]: { params?: unknown; payload: unknown };
};

export interface CallOptions {
  /** Cancels the call, which then rejects with the signal's reason; the server is told. */
  readonly signal?: AbortSignal | undefined;
  /**
   * From the call to its reply, connecting included; for a stream to each of its messages
   * anew. Default: 10,000.
   */
  readonly timeoutMs?: number | undefined;
  /** Handed to the server, for example a `traceparent`; not with the transport "rpc". */
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

export interface StreamOptions extends CallOptions {
  /**
   * How many items may be under way, or wait for the loop: with so many the server waits.
   * From 1 to 1,000. Default: 32.
   */
  readonly window?: number | undefined;
}

/** What `call` of a client takes. */
export interface CallSettings extends StreamOptions {
  /**
   * Gets the items of a stream, one after another. One counts as read when what is
   * returned has resolved.
   */
  readonly onItem?: ((item: never) => unknown) | undefined;
  /** What calls have in common that leave together, if they are made in one turn. */
  readonly batch?: string | undefined;
}

/** A call as interceptors see it. */
export interface RPCCall extends CallSettings {
  readonly method: RPCMethod;
  readonly params: unknown;
}

/** Goes on with a call: resolves with its result, or at the end of its stream. */
export type RPCNext = (call: RPCCall) => Promise<unknown>;

/** Stands around every call: may change it, its outcome, or call it again. */
export type RPCInterceptor = (call: RPCCall, next: RPCNext) => unknown;

export interface SubscribeOptions {
  /** Ends the subscription; an iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called when the subscription ends by itself: with the reason, or without one
   * after `close()`.
   */
  readonly onEnd?: ((reason?: Error) => unknown) | undefined;
  /**
   * How many events may wait for an iteration that is slower than they come. The next
   * one ends it with an `EventOverflow`. Default: 4,096.
   */
  readonly maxEvents?: number | undefined;
  /** Drops the oldest event in silence instead. */
  readonly dropOldest?: boolean | undefined;
  /**
   * Begins behind a position: the events that were missed since then come first. Where
   * the channel no longer has all of them, then or after a reconnect, the subscription
   * ends with an `EventsLost`.
   */
  readonly since?: EventPosition | undefined;
}

/**
 * What it throws, or rejects with, is written to the console. Events have a position
 * where the channel recovers missed ones.
 */
export type EventHandler<Payload> = (
  payload: Payload,
  position?: EventPosition,
) => unknown;

/** Events for `for await`. */
export interface EventIterable<Payload> extends AsyncIterable<Payload> {
  /**
   * That of the event which the loop got last; before that, `since`. There is none where
   * the channel does not recover missed events.
   */
  readonly position: EventPosition | undefined;
}

/** What may follow the channel's arguments: with a handler or without. */
export type EventArgs<Payload> =
  | [handler: EventHandler<Payload>, options?: SubscribeOptions | undefined]
  | [options?: SubscribeOptions | undefined];

/** Ends what it was returned for. May be called more than once. */
export type Unsubscribe = () => void;

/** What an `APIClient` needs: a {@link CentrifugoRPCClient}, or a fake in tests. */
export interface RPCCaller {
  call<Result>(
    method: RPCMethod<Result>,
    params: unknown,
    options?: CallSettings,
  ): Promise<Result>;
  subscribe<Payload>(
    event: RPCEvent<Payload>,
    channel: object | undefined,
    handler: EventHandler<Payload>,
    options?: SubscribeOptions,
  ): Unsubscribe;
}

/** What hooks need: a {@link CentrifugoRPCClient}, or a fake in tests. */
export interface RPCConnection extends RPCCaller {
  readonly state?: ConnectionState;
  connect?(): Promise<void>;
  close?(): void;
  onState?(listener: StateListener): Unsubscribe;
}

/**
 * A JWT, or a function that fetches one; it is called again when that expires. What it
 * throws then is tried again later, but an {@link UnauthorizedError} ends the client.
 */
export type TokenSource = string | (() => string | Promise<string>);

export type ConnectionState = "disconnected" | "connecting" | "connected";

export interface ClientOptions {
  /**
   * Of calls that set none themselves. Default: 10,000. With the transport "rpc", the
   * longest that a call can take, unless a method of the API declares a longer one;
   * the SDK then gives each try to connect as long. That transport does not tell the
   * server how long the caller waits.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * "pubsub" publishes requests on a channel and gets replies on another; "rpc" uses
   * Centrifugo's RPC proxy. Default: "pubsub".
   */
  readonly transport?: "pubsub" | "rpc" | undefined;
  /** Instead of the document's channel. */
  readonly requestsChannel?: string | undefined;
  /** Instead of the document's template; knows {user_id} and {nonce}. */
  readonly replyChannel?: string | undefined;
  /** Longest request in bytes. Default: 65,536. */
  readonly maxFrameBytes?: number | undefined;
  /**
   * Fetches the token for the channel of an event, such as one that begins with "$"; an
   * empty one subscribes without. It is called again when that expires. What it throws
   * the first time ends the subscription.
   */
  readonly getSubscriptionToken?:
    ((channel: string) => string | Promise<string>) | undefined;
  /** What every call goes through; the first one is the outermost. */
  readonly interceptors?: readonly RPCInterceptor[] | undefined;
  /** WebSocket class to use instead of the global one. */
  readonly websocket?: unknown;
  /** Delay before the first try to connect again. Default: 500. */
  readonly minReconnectDelayMs?: number | undefined;
  /** Longest delay between two tries. Default: 20,000. */
  readonly maxReconnectDelayMs?: number | undefined;
}

export interface ConnectOptions {
  /** Gives up connecting. */
  readonly signal?: AbortSignal | undefined;
  /** How long to try. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** Gets every change of a client's state. */
export type StateListener = (state: ConnectionState, reason?: Error) => unknown;
