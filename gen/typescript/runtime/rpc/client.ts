// The client that users make.
import { type Centrifuge } from "centrifuge";
import type {
  APISettings,
  CallSettings,
  ClientOptions,
  ConnectOptions,
  ConnectionState,
  EventHandler,
  RPCCall,
  RPCCaller,
  RPCEvent,
  RPCMethod,
  RPCNext,
  StateListener,
  SubscribeOptions,
  TokenSource,
  Unsubscribe,
} from "./api.js";
import { BEGUN_ALREADY } from "./codes.js";
import {
  NotConnected,
  notSubscribed,
  tooLarge,
  unsent,
  type CallInfo,
} from "./errors.js";
import { Call } from "./call.js";
import { Session, type Listener, type Setup } from "./session.js";
import { DEFAULT_TIMEOUT_MS, whenAborted } from "./timing.js";
import { byteLength, fill, guard, newId } from "./values.js";

/** Centrifugo's own limit is 255, unless it is told otherwise. */
const MAX_CHANNEL_BYTES = 1024;

/**
 * Calls methods and listens to events over Centrifugo. The constructor opens nothing;
 * {@link RPCClient.connect} does.
 */
export class RPCClient implements RPCCaller {
  private setup: Setup;
  private readonly stateListeners = new Set<StateListener>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private session: Session | undefined;
  /** Closed, or ended by itself: only `connect()` opens the client again. */
  private over = false;
  /** Random part of the reply channel; the same for all connections. */
  private nonce: string | undefined;
  private currentState: ConnectionState = "disconnected";
  /** Why the last session ended by itself. */
  private lastEnd: Error | undefined;

  constructor(
    api: APISettings,
    url: string,
    token: TokenSource,
    userId: string | undefined,
    options: ClientOptions,
  ) {
    const nonce = () => (this.nonce ??= newId());
    this.setup = { api, url, token, userId, options, nonce };
  }

  /** Uses a connection that exists, in place of one that is opened here. */
  protected use(centrifuge: Centrifuge): this {
    this.setup = { ...this.setup, centrifuge };
    return this;
  }

  /** Whether calls can be answered. */
  get state(): ConnectionState {
    return this.currentState;
  }

  /** Calls `listener` at every change of `state`, with the reason of a failure. */
  onState(listener: StateListener): Unsubscribe {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  /** For logs and errors: the token is left out. */
  toJSON(): object {
    return { url: this.setup.url, state: this.state };
  }

  /** What `console.log` prints in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.toJSON();
  }

  /**
   * Resolves when calls can be answered. Rejects with a `ConnectError` that has the
   * reason, or with a `CallTimeout`. The last one that gives up before there was a
   * connection closes the client, unless a call or an event has begun the connecting.
   */
  connect(options: ConnectOptions = {}): Promise<void> {
    const session = this.session ?? this.open();
    const timeoutMs =
      options.timeoutMs ?? this.setup.options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const connected = session.join(timeoutMs, options.signal);
    // A caller may rely on onState() instead of waiting for the promise.
    connected.catch(() => undefined);
    return connected;
  }

  /**
   * Ends all calls and subscriptions. From then on they fail with `NotConnected`, until
   * `connect()` opens the client again.
   */
  close(): void {
    this.over = true;
    this.lastEnd = undefined;
    this.session?.end(undefined);
  }

  /**
   * Calls a method; see {@link CallError} for what it rejects with. The first call
   * connects; while the client connects, calls wait.
   */
  call<Result>(
    method: RPCMethod<Result>,
    params: unknown,
    options: CallSettings = {},
  ): Promise<Result> {
    const { interceptors = [] } = this.setup.options;
    const next = interceptors.reduceRight<RPCNext>(
      (inner, intercept) => async (call) => intercept(call, inner),
      (call) => this.send(call),
    );
    return next({ ...options, method, params }) as Promise<Result>;
  }

  /** Sends a call that has passed the interceptors. */
  protected send(request: RPCCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { method, params, signal } = request;
      const timeoutMs =
        request.timeoutMs ??
        method.timeoutMs ??
        this.setup.options.timeoutMs ??
        DEFAULT_TIMEOUT_MS;
      const call = new Call(method, params, request, timeoutMs, {
        // Results are not validated: the type is what the document declares.
        resolve,
        reject,
      });
      if (signal?.aborted) {
        return;
      }
      const session = this.begin();
      if (session === undefined) {
        call.reject(this.notConnected(call.info(false)));
      } else {
        session.start(call);
      }
    });
  }

  /**
   * Listens to an event. The first one connects. The subscription survives reconnects;
   * `close()` ends it.
   */
  subscribe<Payload>(
    event: RPCEvent<Payload>,
    channel: object | undefined,
    handler: EventHandler<Payload>,
    options: SubscribeOptions = {},
  ): Unsubscribe {
    const { signal } = options;
    if (signal?.aborted) {
      return () => undefined;
    }
    const name = fill(event.channel, channel);
    const refuse = (reason: Error) => {
      queueMicrotask(() => guard(() => options.onEnd?.(reason)));
      return () => undefined;
    };
    const { since } = options;
    const call = unsent(event.name);
    const bytes = byteLength(name);
    if (bytes > MAX_CHANNEL_BYTES) {
      return refuse(tooLarge("channel", bytes, MAX_CHANNEL_BYTES, call));
    }
    const others = this.listeners.get(name);
    if (since && others) {
      return refuse(notSubscribed(name, ...BEGUN_ALREADY, call));
    }
    const session = this.begin();
    if (session === undefined) {
      return refuse(this.notConnected(call));
    }
    const listener: Listener = {
      since,
      handler: handler as EventHandler<unknown>,
      ended: (reason) => {
        forget();
        return options.onEnd?.(reason);
      },
    };
    const stop = () => {
      forget();
      const all = this.listeners.get(name);
      if (all?.delete(listener) && all.size === 0) {
        this.listeners.delete(name);
        this.session?.unwatch(name);
      }
    };
    const forget = whenAborted(signal, stop);
    if (others) {
      others.add(listener);
    } else {
      this.listeners.set(name, new Set([listener]));
      session.watch(name);
    }
    return stop;
  }

  private notConnected(call: CallInfo): NotConnected {
    const message = this.lastEnd?.message ?? "call connect() first";
    return new NotConnected(`not connected: ${message}`, call, this.lastEnd);
  }

  /** Returns the session for a call or an event; the first one opens it. */
  private begin(): Session | undefined {
    if (this.session === undefined && !this.over) {
      this.open().keep();
    }
    return this.session;
  }

  private open(): Session {
    this.over = false;
    this.lastEnd = undefined;
    const session: Session = new Session(this.setup, {
      state: (state, reason) => {
        if (state !== "disconnected") {
          this.changeState(state, reason);
          return;
        }
        // Everything has ended before listeners are told: they may connect again.
        const ended = [...this.listeners.values()].flatMap((all) => [...all]);
        this.session = undefined;
        this.over = true;
        this.lastEnd = reason;
        this.listeners.clear();
        this.changeState(state, reason);
        for (const listener of ended) {
          guard(() => listener.ended(reason));
        }
      },
      channels: () => [...this.listeners.keys()],
      since: (channel) => {
        const [first] = this.listeners.get(channel) ?? [];
        return first?.since;
      },
      publication: (channel, data, position) => {
        const all = this.listeners.get(channel) ?? new Set();
        for (const listener of [...all]) {
          if (all.has(listener)) {
            guard(() => listener.handler(data, position));
          }
        }
      },
      positionLost: (channel, reason) => {
        const all = this.listeners.get(channel) ?? new Set();
        const ended = [...all].filter((listener) => listener.since);
        for (const listener of ended) {
          all.delete(listener);
        }
        if (all.size === 0) {
          this.listeners.delete(channel);
          session.unwatch(channel);
        }
        for (const listener of ended) {
          guard(() => listener.ended(reason));
        }
      },
      channelEnded: (channel, reason) => {
        const ended = this.listeners.get(channel) ?? [];
        this.listeners.delete(channel);
        for (const listener of ended) {
          guard(() => listener.ended(reason));
        }
      },
    });
    this.session = session;
    this.changeState("connecting", undefined);
    session.open();
    return session;
  }

  private changeState(state: ConnectionState, reason: Error | undefined): void {
    if (state === this.currentState) {
      return;
    }
    this.currentState = state;
    for (const listener of [...this.stateListeners]) {
      if (this.currentState === state) {
        guard(() => listener(state, reason)); // which may change it again
      }
    }
  }
}
