// A client without a server, for tests.
import type {
  CallSettings,
  EventHandler,
  EventTypes,
  MethodTypes,
  RPCCaller,
  RPCEvent,
  RPCMethod,
  StreamOptions,
  StreamTypes,
  SubscribeOptions,
  Unsubscribe,
} from "./api.js";
import { MethodNotFoundError } from "./errors.js";
import { fill } from "./values.js";

/** Functions that answer methods, by their names on the wire: streams by what is iterated. */
export type FakeHandlers<
  Methods extends MethodTypes<Methods>,
  Streams extends StreamTypes<Streams> = {},
> = {
  readonly [Name in keyof Methods]?: (
    params: Methods[Name]["params"],
    options: StreamOptions,
  ) => Methods[Name]["result"] | Promise<Methods[Name]["result"]>;
} & {
  readonly [Name in keyof Streams]?: (
    params: Streams[Name]["params"],
    options: StreamOptions,
  ) => Iterable<Streams[Name]["item"]> | AsyncIterable<Streams[Name]["item"]>;
};

type Handler = (params: unknown, options: StreamOptions) => unknown;

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
  Streams extends StreamTypes<Streams> = {},
> implements RPCCaller {
  private readonly handlers: FakeHandlers<Methods, Streams>;
  private readonly listeners = new Set<FakeListener>();

  constructor(handlers: FakeHandlers<Methods, Streams> = {}) {
    this.handlers = handlers;
  }

  async call<Result>(
    method: RPCMethod<Result>,
    params: object | undefined,
    options: CallSettings = {},
  ): Promise<Result> {
    const { signal, onItem } = options;
    signal?.throwIfAborted();
    const all = this.handlers as Readonly<Record<string, Handler | undefined>>;
    const handler = all[method.name];
    if (handler === undefined) {
      const call = { method: method.name, correlationId: "", sent: false };
      throw new MethodNotFoundError(-32601, "no function", undefined, call);
    }
    // A copy, as the server would get it.
    const { paramsCodec: codec } = method;
    const sent = codec ? codec.encode(params) : params;
    const copy: unknown = JSON.parse(JSON.stringify(sent ?? {}));
    const received = codec ? codec.decode(copy) : copy;
    const result = await handler(received, options);
    if (!method.stream) {
      return result as Result;
    }
    for await (const item of result as AsyncIterable<never>) {
      await onItem?.(item);
      if (signal?.aborted) {
        break;
      }
    }
    return undefined as Result;
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
