// A client without a server, for tests.
import type {
  CallOptions,
  EventHandler,
  EventTypes,
  MethodTypes,
  RPCCaller,
  RPCEvent,
  RPCMethod,
  SubscribeOptions,
  Unsubscribe,
} from "./api.js";
import { MethodNotFoundError } from "./errors.js";
import { fill } from "./values.js";

/** Functions that answer methods, by their names on the wire. */
export type FakeHandlers<Methods extends MethodTypes<Methods>> = {
  readonly [Name in keyof Methods]?: (
    params: Methods[Name]["params"],
    options: CallOptions,
  ) => Methods[Name]["result"] | Promise<Methods[Name]["result"]>;
};

interface FakeListener {
  readonly event: RPCEvent;
  readonly channel: string;
  readonly handler: EventHandler<never>;
}

/**
 * Answers calls with functions of yours: `new FakeRPC<Methods, Events>({ … })`. A method
 * without one fails with a `MethodNotFoundError`.
 */
export class FakeRPC<
  Methods extends MethodTypes<Methods>,
  Events extends EventTypes<Events>,
> implements RPCCaller {
  private readonly handlers: FakeHandlers<Methods>;
  private readonly listeners = new Set<FakeListener>();

  constructor(handlers: FakeHandlers<Methods> = {}) {
    this.handlers = handlers;
  }

  async call<Result>(
    method: RPCMethod<Result>,
    params: object | undefined,
    options: CallOptions = {},
  ): Promise<Result> {
    options.signal?.throwIfAborted();
    const handler = this.handlers[method.name as keyof Methods];
    if (handler === undefined) {
      const call = { method: method.name, correlationId: "", sent: false };
      throw new MethodNotFoundError(-32601, "no function", undefined, call);
    }
    // A copy, as the server would get it.
    const sent: unknown = JSON.parse(JSON.stringify(params ?? {}));
    return (await handler(sent as never, options)) as Result;
  }

  subscribe<Payload>(
    event: RPCEvent<Payload>,
    channel: object | undefined,
    handler: EventHandler<Payload>,
    { signal }: SubscribeOptions = {},
  ): Unsubscribe {
    const listener: FakeListener = {
      event,
      channel: fill(event.channel, channel),
      handler,
    };
    const stop = () => void this.listeners.delete(listener);
    if (!signal?.aborted) {
      this.listeners.add(listener);
      signal?.addEventListener("abort", stop);
    }
    return stop;
  }

  /** Hands an event to those who listen to its channel. */
  emit<Name extends keyof Events>(
    event: Name,
    params: Events[Name]["params"],
    payload: Events[Name]["payload"],
  ): void {
    for (const { event: of, channel, handler } of [...this.listeners]) {
      if (
        of.name === event &&
        channel === fill(of.channel, params as object | undefined)
      ) {
        void handler(payload as never);
      }
    }
  }
}
