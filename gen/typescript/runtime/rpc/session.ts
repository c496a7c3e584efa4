// One connection, and the calls that run over it.
import {
  Centrifuge,
  UnauthorizedError,
  type PublicationContext,
} from "centrifuge";
import type {
  APISettings,
  ClientOptions,
  ConnectionState,
  EventHandler,
  TokenSource,
} from "./api.js";
import { makeGather } from "./batch.js";
import type { Call } from "./call.js";
import {
  ALREADY_SUBSCRIBED,
  BEGUN_ALREADY,
  CLIENT_DISCONNECTED,
  FIRST_SERVER_CODE,
  NOT_AVAILABLE,
  NOTIFY_NOT_FOUND,
  TIMED_OUT,
  TOKEN_EXPIRED,
  UNSUBSCRIBED_BY_SERVER,
  isFinalClose,
  isTemporary,
  mayHaveRun,
  type SDKError,
} from "./codes.js";
import {
  checkURL,
  commandTimeout,
  connectError,
  findWebSocket,
  hintFor,
  subscribeError,
} from "./connecting.js";
import {
  CallTimeout,
  ConnectError,
  ConnectionLost,
  EventsLost,
  MethodNotFoundError,
  NotConnected,
  RPCError,
  notSubscribed,
  tooLarge,
  unsent,
} from "./errors.js";
import { checkFrames } from "./frames.js";
import { usesProtobuf } from "./hooks.js";
import { makeOutbox, type Outbox } from "./outbox.js";
import type { EventPosition } from "./position.js";
import type { Tell } from "./read-stream.js";
import { settle } from "./reply.js";
import { makeRequests, type Requests } from "./request.js";
import {
  positionOn,
  subscribeTo,
  type Recovery,
  type SubscriptionToken,
} from "./subscription.js";
import { deferred, limit, type Settle } from "./timing.js";
import { checkUser, fetchToken, subscriptionToken, userOf } from "./token.js";
import { fill, isObject, reasonText } from "./values.js";

/** How many cancellations wait for a connection. */
const MAX_OWED = 1000;
const EXPIRED = "the token has expired";

/** A message to the worker about a call, and the channel that it goes to. */
type Control = readonly [channel: string, data: object];

/** What a session is opened with. */
export interface Setup {
  readonly api: APISettings;
  readonly url: string;
  readonly token: TokenSource;
  readonly userId: string | undefined;
  readonly options: ClientOptions;
  /** A connection that was brought along. */
  readonly centrifuge?: Centrifuge | undefined;
  readonly nonce: () => string;
}

export interface Listener {
  /** Where it began, if that was asked for. */
  readonly since: EventPosition | undefined;
  readonly handler: EventHandler<unknown>;
  readonly ended: (reason?: Error) => unknown;
}

/** What a session tells its client. */
export interface Owner {
  state(state: ConnectionState, reason: Error | undefined): void;
  /** Channels of events that are listened to. */
  channels(): string[];
  /** Where the subscription to one of them is to begin. */
  since(channel: string): EventPosition | undefined;
  publication(channel: string, data: unknown, position?: EventPosition): void;
  channelEnded(channel: string, reason: Error | undefined): void;
  /** Ends those who listen to a channel from a position on. */
  positionLost(channel: string, reason: Error): void;
}

/** One connection, from `connect()` to `close()` or to an end that is final. */
export class Session {
  /** Whether calls can be answered; made anew when the connection is lost. */
  ready: Promise<void>;
  /** What went wrong last while connecting. */
  #lastError = "";
  /** Why the SDK is about to end the connection, where it does not know itself. */
  #failure: ConnectError | undefined;
  /** What the last WebSocket that did not open said. */
  #socketError = "";
  readonly #setup: Setup;
  readonly #owner: Owner;
  #readySettle: Settle;
  /** Started and not ended: those that wait to be sent, and those that were. */
  readonly #calls = new Set<Call>();
  readonly #byId = new Map<string, Call>();
  /** Cancellations that wait for a connection. */
  readonly #owed: Control[] = [];
  /** Functions that undo the subscriptions to events, by channel. */
  readonly #events = new Map<string, () => void>();
  readonly #detach: (() => void)[] = [];
  #centrifuge: Centrifuge | undefined;
  /** Not for a connection that was brought along: its owner may batch, too. */
  #outbox: Outbox | undefined;
  /** Takes the calls of batches. */
  #gather: ((call: Call) => Promise<void>) | undefined;
  #requests: Requests;
  #userId: string;
  readonly #viaRPC: boolean;
  #replyChannel = "";
  #replies: (() => void) | undefined;
  /** The server has subscribed us to the reply channel. */
  #serverSide = false;
  /** Whether replies that are published during a break are delivered later. */
  #recoverable = false;
  /** How many callers of `connect()` wait. */
  #waiting = 0;
  /** Whether calls could be answered at least once. */
  #begun = false;
  #up = false;
  /** Whether new calls are sent at once; those that waited were sent first. */
  #flowing = false;
  #ended = false;

  constructor(setup: Setup, owner: Owner) {
    this.#setup = setup;
    this.#owner = owner;
    this.#userId = setup.userId ?? "";
    this.#viaRPC = setup.options.transport === "rpc";
    this.#requests = makeRequests(setup.api, setup.options, "");
    ({ promise: this.ready, settle: this.#readySettle } = deferred());
  }

  open(): void {
    this.#prepare().catch((reason: unknown) => this.end(connectError(reason)));
  }

  /**
   * Waits until calls can be answered. The last one that gives up before they ever
   * could ends the session.
   */
  join(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.#waiting++;
    return new Promise((resolve, reject) => {
      let waits = true;
      const leave = () => {
        this.#waiting -= waits ? 1 : 0;
        waits = false;
        forget?.();
      };
      const giveUp = (reason: Error, thrown: unknown = reason) => {
        leave();
        reject(thrown);
        if (this.#waiting === 0 && !this.#begun) {
          this.end(reason);
        }
      };
      let forget: (() => void) | undefined;
      void this.ready.finally(leave).then(resolve, reject);
      forget = limit(
        timeoutMs,
        signal,
        () => {
          const detail = this.#lastError && `: ${this.#lastError}`;
          const message = `not connected after ${timeoutMs} ms${detail}`;
          giveUp(new CallTimeout(message, unsent("")));
        },
        (thrown) => giveUp(new ConnectError("cancelled"), thrown),
      );
    });
  }

  /** Goes on connecting until `end()`, even when all callers of `join()` give up. */
  keep(): void {
    this.#waiting++;
  }

  /** Sends the call now, or when the connection is there. */
  start(call: Call): void {
    this.#calls.add(call);
    call.whyNotSent = () => this.#lastError;
    const message = (method: string, params?: object): Control => [
      this.#requests.channelOf(call),
      { method, correlation_id: call.id, params },
    ];
    const tell: Tell = (method, params) =>
      this.#centrifuge?.publish(...message(method, params));
    call.onEnd = (cancel) => {
      this.#calls.delete(call);
      if (this.#byId.delete(call.id) && cancel) {
        const owe = () => {
          if (this.#owed.push(message("rpc.cancel")) > MAX_OWED) {
            this.#owed.shift();
          }
          this.#cancelOwed();
        };
        call.acked?.then(owe, ({ code }: SDKError) => {
          if (code > TIMED_OUT && code < FIRST_SERVER_CODE) {
            owe(); // the ack was lost: the request may have arrived
          }
        });
      }
    };
    call.stream = call.method.stream?.(call, !this.#viaRPC && tell);
    if (this.#flowing) {
      this.#dispatch(call);
    }
  }

  /** Ends everything, for good; without a reason after `close()`. */
  end(reason: Error | undefined): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#up = false;
    this.#flowing = false;
    for (const undo of [...this.#detach, ...this.#events.values()]) {
      undo();
    }
    this.#events.clear();
    this.#dropReplies();
    if (this.#setup.centrifuge === undefined) {
      this.#centrifuge?.disconnect();
    }
    const message = reason?.message ?? "the client was closed";
    for (const call of [...this.#calls]) {
      const failure = call.sent ? ConnectionLost : NotConnected;
      call.reject(new failure(message, call.info(call.sent)));
    }
    this.#readySettle.reject(reason ?? new ConnectError(message));
    this.#owner.state("disconnected", reason);
  }

  /** Subscribes to an event's channel. */
  watch(channel: string): void {
    if (
      this.#ended ||
      this.#centrifuge === undefined ||
      this.#events.has(channel)
    ) {
      return;
    }
    const { getSubscriptionToken: source } = this.#setup.options;
    if (source === undefined) {
      this.#subscribe(this.#centrifuge, channel, undefined);
      return;
    }
    const centrifuge = this.#centrifuge;
    const wanted = () => this.#events.get(channel) === forget;
    const forget = () => undefined; // until there is a token
    this.#events.set(channel, forget);
    subscriptionToken(source, channel).then(
      (token) => {
        if (wanted()) {
          this.#subscribe(centrifuge, channel, token);
        }
      },
      (reason: unknown) => {
        if (wanted()) {
          this.#events.delete(channel);
          const message = `subscription to ${channel}: no token: ${reasonText(reason)}`;
          const error = new ConnectError(message, 0, reason);
          this.#owner.channelEnded(channel, error);
        }
      },
    );
  }

  #subscribe(
    centrifuge: Centrifuge,
    channel: string,
    token: SubscriptionToken | undefined,
  ): void {
    const position = () => positionOn(centrifuge, channel);
    const failure = (code: number, reason: string) =>
      notSubscribed(channel, code, reason);
    const begunAlready = () =>
      this.#owner.positionLost(channel, failure(...BEGUN_ALREADY));
    const handlers = {
      publication: (ctx: PublicationContext) =>
        this.#owner.publication(channel, ctx.data, position()),
      subscribed: ({ recovered }: Recovery) => {
        const at = position();
        if (!recovered) {
          this.#owner.positionLost(
            channel,
            at
              ? new EventsLost(`events on ${channel} are lost`, at)
              : failure(NOT_AVAILABLE, "the channel does not recover"),
          );
        }
      },
      unsubscribed: ({ code, reason }: { code: number; reason: string }) => {
        this.unwatch(channel);
        if (code === ALREADY_SUBSCRIBED) {
          begunAlready();
        } else {
          this.#owner.channelEnded(channel, failure(code, reason));
        }
      },
    };
    if (centrifuge.getSubscription(channel)) {
      begunAlready();
    }
    if (this.#owner.channels().includes(channel)) {
      const since = this.#owner.since(channel);
      const options = { ...token, ...(since && { since }) };
      const undo = subscribeTo(centrifuge, channel, handlers, options);
      this.#events.set(channel, undo);
    }
  }

  unwatch(channel: string): void {
    const undo = this.#events.get(channel);
    this.#events.delete(channel);
    undo?.();
  }

  async #prepare(): Promise<void> {
    const { api, options, nonce, centrifuge: given } = this.#setup;
    const centrifuge = given ?? (await this.#make());
    if (this.#ended) {
      return;
    }
    if (usesProtobuf(centrifuge)) {
      throw new ConnectError("the connection uses Protobuf");
    }
    if (!this.#viaRPC) {
      const template = options.replyChannel ?? api.replyChannel;
      if (template.includes("{user_id}")) {
        checkUser(this.#userId);
      }
      const values = { user_id: this.#userId, nonce: nonce() };
      this.#replyChannel = fill(template, values);
    }
    this.#requests = makeRequests(api, options, this.#replyChannel);
    this.#gather = makeGather(this.#requests, (calls, bytes) =>
      this.#deliver(calls, bytes),
    );
    if (given === undefined) {
      // Half of a frame is left to what the SDK sends in the same turn.
      const frameBytes = this.#requests.maxBytes / 2;
      this.#outbox = makeOutbox(centrifuge, frameBytes, (calls) =>
        this.#send(calls),
      );
    }
    this.#centrifuge = centrifuge;
    this.#attach(centrifuge);
    if (centrifuge.state === "connected") {
      this.#onConnected();
    } else {
      centrifuge.connect();
    }
  }

  /** Makes the SDK's client, which opens nothing yet. */
  async #make(): Promise<Centrifuge> {
    const { api, token, options, url } = this.#setup;
    checkURL(url);
    const first = await fetchToken(token);
    this.#userId = userOf(first, this.#setup.userId);
    const websocket = await findWebSocket(options.websocket, (reason) => {
      this.#socketError = reason;
    });
    const centrifuge = new Centrifuge(url, {
      token: first,
      name: "wsgen-js",
      version: api.version,
      minReconnectDelay: options.minReconnectDelayMs ?? 500,
      maxReconnectDelay: options.maxReconnectDelayMs ?? 20_000,
      timeout: commandTimeout(api, options),
      websocket,
      getToken: () => this.#freshToken(token),
    });
    checkFrames(centrifuge, (reason) => {
      this.#lastError = reason;
    });
    return centrifuge;
  }

  async #freshToken(source: TokenSource): Promise<string> {
    if (typeof source === "string") {
      this.#failure = new ConnectError(EXPIRED, TOKEN_EXPIRED);
      throw new UnauthorizedError(EXPIRED);
    }
    const token = await fetchToken(source);
    try {
      userOf(token, this.#userId || undefined);
    } catch (error) {
      this.#lastError = (error as Error).message;
      throw new UnauthorizedError(this.#lastError);
    }
    return token;
  }

  #attach(centrifuge: Centrifuge): void {
    const on: Centrifuge["on"] = (event, listener) => {
      this.#detach.push(() => void centrifuge.off(event, listener));
      return centrifuge.on(event, listener);
    };
    on("connected", () => {
      // The server-side subscriptions are reported right after this event.
      queueMicrotask(() => this.#onConnected());
    });
    on("connecting", ({ code, reason }) => {
      if (isFinalClose(code)) {
        // The SDK goes by the reason first, and takes a close without one for another.
        this.end(new ConnectError(`disconnected: ${reason}`, code));
        return;
      }
      this.#serverSide = false; // the server subscribes each connection anew
      this.#down();
    });
    on("disconnected", ({ code, reason }) => {
      if (this.#failure !== undefined) {
        this.end(this.#failure);
        return;
      }
      const detail = this.#lastError && `; ${this.#lastError}`;
      this.end(new ConnectError(`disconnected: ${reason}${detail}`, code));
    });
    on("error", (ctx) => this.#onError(ctx));
    on("subscribed", (ctx) => {
      if (ctx.channel === this.#replyChannel) {
        this.#serverSide = true;
        this.#onSubscribed(ctx);
      }
    });
    on("subscribing", ({ channel }) => {
      if (channel === this.#replyChannel) {
        this.#down();
      }
    });
    on("unsubscribed", ({ channel }) => {
      if (channel === this.#replyChannel && this.#serverSide) {
        this.#serverSide = false;
        this.#subscribeAgain();
      } else if (this.#owner.channels().includes(channel)) {
        this.watch(channel);
      }
    });
    on("publication", (ctx) => {
      if (ctx.channel === this.#replyChannel) {
        this.#onPublication(ctx);
      } else {
        this.#owner.publication(ctx.channel, ctx.data);
      }
    });
  }

  #onError(ctx: { type?: string; error: { message: string } }): void {
    if (this.#up) {
      return;
    }
    if (ctx.type !== "transport") {
      this.#lastError = ctx.error.message;
      return;
    }
    const reason = this.#socketError || "the WebSocket did not open";
    const hint = hintFor(reason);
    this.#lastError = reason + (hint && `: ${hint}`);
    if (hint && !this.#begun) {
      this.end(new ConnectError(`cannot connect: ${this.#lastError}`));
    }
  }

  #onConnected(): void {
    if (this.#ended || this.#centrifuge?.state !== "connected") {
      return;
    }
    for (const channel of this.#owner.channels()) {
      this.watch(channel);
    }
    if (this.#viaRPC) {
      this.#goUp();
    } else if (!this.#serverSide && this.#replies === undefined) {
      this.#subscribeReplies();
    }
  }

  #subscribeReplies(): void {
    const centrifuge = this.#centrifuge;
    if (this.#ended || centrifuge === undefined) {
      return;
    }
    this.#replies = subscribeTo(centrifuge, this.#replyChannel, {
      publication: (ctx) => this.#onPublication(ctx),
      subscribed: (ctx) => this.#onSubscribed(ctx),
      subscribing: () => this.#down(),
      error: (ctx) => this.#onError(ctx),
      unsubscribed: ({ code, reason }) => {
        this.#dropReplies();
        if (code === ALREADY_SUBSCRIBED) {
          this.#serverSide = true;
          this.#goUp();
        } else if (code >= UNSUBSCRIBED_BY_SERVER) {
          this.#subscribeAgain();
        } else {
          this.end(subscribeError(this.#replyChannel, code, reason));
        }
      },
    });
    if (this.#ended) {
      this.#dropReplies(); // by a listener of the state
    }
  }

  /** The server has ended the subscription: pending calls get no reply. */
  #subscribeAgain(): void {
    this.#down();
    this.#endUnanswered();
    this.#subscribeReplies();
  }

  #onSubscribed(ctx: Recovery): void {
    if (!ctx.recovered) {
      this.#endUnanswered();
    }
    this.#recoverable = ctx.recoverable;
    this.#goUp();
  }

  #goUp(): void {
    if (this.#ended || this.#up) {
      return;
    }
    this.#up = true;
    this.#begun = true;
    this.#lastError = "";
    this.#readySettle.resolve(undefined);
    this.#owner.state("connected", undefined);
    // The SDK delivers the replies that we missed right after this.
    queueMicrotask(() => this.#sendWaiting());
  }

  #sendWaiting(): void {
    if (!this.#up) {
      return;
    }
    this.#flowing = true;
    this.#cancelOwed();
    for (const call of [...this.#calls]) {
      if (call.inFlight) {
        call.stream?.resume();
      } else {
        this.#dispatch(call);
      }
    }
  }

  /** A cancellation that is lost costs the handler's time only. */
  #cancelOwed(): void {
    for (const control of this.#flowing ? this.#owed.splice(0) : []) {
      this.#centrifuge?.publish(...control).catch(() => undefined);
    }
  }

  #down(): void {
    // Disconnected for good: that event, which has the reason, is next.
    if (!this.#up || this.#centrifuge?.state === "disconnected") {
      return;
    }
    this.#up = false;
    this.#flowing = false;
    ({ promise: this.ready, settle: this.#readySettle } = deferred());
    if (!this.#recoverable) {
      this.#endUnanswered();
    }
    this.#owner.state("connecting", undefined);
  }

  /** Ends the calls whose replies cannot come any more. */
  #endUnanswered(): void {
    for (const call of [...this.#calls]) {
      // A notification waits for no reply: the SDK says what came of its publication.
      if (call.inFlight && !call.method.notify) {
        this.#repeatOrReject(call);
      }
    }
  }

  /** An idempotent call waits to be sent again, any other one ends. */
  #repeatOrReject(call: Call): void {
    if (call.method.idempotent) {
      call.inFlight = false;
      call.again = true;
    } else {
      call.reject(
        new ConnectionLost("the connection was lost", call.info(true)),
        true,
      );
    }
  }

  /** Sends the request, where it belongs to a batch and is the first together with others. */
  #dispatch(call: Call): void {
    const { maxBytes } = this.#requests;
    const bytes = this.#requests.measure(call);
    if (bytes > maxBytes) {
      call.reject(tooLarge("request", bytes, maxBytes, call.info(false)));
    } else if (
      call.options.batch &&
      !call.acked &&
      !call.method.notify &&
      !this.#viaRPC
    ) {
      void this.#gather?.(call);
    } else {
      this.#deliver([call], bytes);
    }
  }

  /** Sends what one publication is of: now, or in one frame with others of the same turn. */
  #deliver(calls: readonly Call[], bytes: number): void {
    if (
      this.#outbox === undefined ||
      (this.#calls.size === calls.length && !this.#outbox.busy)
    ) {
      this.#send(calls);
    } else {
      this.#outbox.add(calls, bytes);
    }
  }

  #send(all: readonly Call[]): void {
    const centrifuge = this.#centrifuge;
    const calls = all.filter((call) => !call.inFlight && this.#calls.has(call));
    const [first] = calls;
    if (!this.#up || centrifuge?.state !== "connected" || !first) {
      return;
    }
    const requests = calls.map((call) => {
      call.sent = true;
      call.inFlight = true;
      return this.#requests.data(call);
    });
    const [data] = requests;
    if (this.#viaRPC) {
      centrifuge.rpc(first.method.name, data).then(
        (reply: { readonly data: unknown }) => settle(first, reply.data),
        (error: SDKError) => this.#refused(first, error),
      );
      return;
    }
    const acked = centrifuge.publish(
      this.#requests.channelOf(first),
      requests.length > 1 ? { batch: requests } : data,
    );
    for (const call of calls) {
      const { notify } = call.method;
      if (!notify) {
        this.#byId.set(call.id, call);
      }
      call.acked = acked;
      acked.then(
        () => {
          if (notify) {
            call.resolve(undefined);
          }
        },
        (error: SDKError) => this.#refused(call, error),
      );
    }
  }

  /** Handles the SDK's rejection: the request was refused, or its fate is unknown. */
  #refused(call: Call, error: SDKError): void {
    const byReply = !call.method.notify && !this.#viaRPC;
    const { code, message } = error;
    if (code >= FIRST_SERVER_CODE) {
      this.#refusedByServer(call, error);
    } else if (code === CLIENT_DISCONNECTED) {
      call.reject(new NotConnected(message, call.info(call.again)));
    } else if (code === TIMED_OUT && !byReply) {
      call.reject(new CallTimeout("no reply", call.info(true)));
    } else if (code === TIMED_OUT || (byReply && !call.method.idempotent)) {
      // The reply may still come: it, the deadline or the loss of the reply channel
      // ends the call.
    } else {
      this.#repeatOrReject(call);
    }
  }

  /** An idempotent call is sent again after a temporary error, if there is time. */
  #refusedByServer(call: Call, error: SDKError): void {
    const sent = call.again || mayHaveRun(error);
    if (
      call.method.idempotent &&
      isTemporary(error) &&
      this.#calls.has(call) &&
      call.retryLater(() => this.#flowing && this.#dispatch(call))
    ) {
      call.inFlight = false;
      call.sent = sent;
      call.again = sent;
      return;
    }
    const { code, message } = error;
    const unknown = call.method.notify && code === NOTIFY_NOT_FOUND;
    const failure = unknown ? MethodNotFoundError : RPCError;
    call.reject(new failure(code, message, undefined, call.info(sent)));
  }

  #onPublication(ctx: PublicationContext): void {
    // Only clients' publications have `info`: this one is a forged reply.
    if (ctx.info !== undefined || !isObject(ctx.data)) {
      return;
    }
    const id = ctx.data["correlation_id"];
    const call = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (call && call.stream?.read(ctx.data) !== false) {
      settle(call, ctx.data);
    }
  }

  #dropReplies(): void {
    const undo = this.#replies;
    this.#replies = undefined;
    undo?.();
  }
}
