"use client";

// Hooks for React. They open nothing while a page is rendered on the server.
import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";
import {
  APIClient,
  rpcEvents,
  rpcMethods,
  rpcStreams,
  type Events,
  type Methods,
  type Streams,
} from "./client.js";
import {
  RPCError,
  stream,
  type CallOptions,
  type ConnectionState,
  type EventHandler,
  type RPCConnection,
  type RPCEvent,
  type RPCStreamMethod,
  type StreamOptions,
  type Unsubscribe,
} from "./rpc-client.js";

interface Provided {
  readonly client: RPCConnection;
  readonly api: APIClient;
}

const RPCContext = createContext<Provided | undefined>(undefined);

function useProvided(): Provided {
  const provided = useContext(RPCContext);
  if (provided === undefined) {
    throw new Error("there is no RPCProvider above this component");
  }
  return provided;
}

/** Runs before the effects of all components; on the server there are none. */
const useEarlyEffect =
  typeof document === "undefined" ? useEffect : useLayoutEffect;

export interface RPCProviderProps {
  /** Made outside of components, or in their state. */
  readonly client: RPCConnection;
  readonly children?: ReactNode;
}

/** Connects a client for the hooks below it, and closes it when it goes. */
export function RPCProvider({
  client,
  children,
}: RPCProviderProps): ReactElement {
  const provided = useMemo(
    () => ({ client, api: new APIClient(client) }),
    [client],
  );
  // A client that was closed takes no calls until then, and children's effects come first.
  useEarlyEffect(() => connect(client), [client]);
  useEffect(() => hold(client), [client]);
  return createElement(RPCContext.Provider, { value: provided }, children);
}

function connect(client: RPCConnection): void {
  client.connect?.().catch(() => undefined); // the state tells
}

/** How many providers hold a client. */
const holders = new WeakMap<RPCConnection, number>();

function hold(client: RPCConnection): () => void {
  const count = (more: number) => {
    const sum = (holders.get(client) ?? 0) + more;
    holders.set(client, sum);
    return sum;
  };
  count(1);
  connect(client);
  return () => {
    count(-1);
    // StrictMode lets go and holds again at once: the connection stays.
    queueMicrotask(() => count(0) === 0 && client.close?.());
  };
}

/** The client of the nearest provider, for calls in handlers of events. */
export function useAPI(): APIClient {
  return useProvided().api;
}

/** Whether calls can be answered. */
export function useConnectionState(): ConnectionState {
  const { client } = useProvided();
  const listen = useCallback(
    (changed: () => void) => client.onState?.(changed) ?? (() => undefined),
    [client],
  );
  return useSyncExternalStore(
    listen,
    () => client.state ?? "connected",
    () => "disconnected",
  );
}

export interface UseRPCOptions extends Pick<CallOptions, "timeoutMs" | "meta"> {
  /** False: nothing is called. */
  readonly enabled?: boolean | undefined;
}

/** What may follow the name of a method. */
export type UseRPCArgs<Name extends keyof Methods> =
  undefined extends Methods[Name]["params"]
    ? [params?: Methods[Name]["params"], options?: UseRPCOptions]
    : [params: Methods[Name]["params"], options?: UseRPCOptions];

/** What has come of a call. */
export interface RPCResult<Result> {
  /** What the method returned last; it stays while it is called again. */
  readonly data: Result | undefined;
  /** What the last call failed with. */
  readonly error: unknown;
  /** Whether a call is under way. */
  readonly isPending: boolean;
  /** Calls the method again. */
  readonly refetch: () => void;
}

interface Answer {
  readonly client: RPCConnection;
  readonly key: string;
  readonly round: number;
  readonly data?: unknown;
  readonly error?: unknown;
}

/**
 * Calls a method that only reads, when the component appears and when the params are
 * other ones. A call that was not answered is repeated once the connection is back.
 */
export function useRPC<Name extends keyof Methods>(
  name: Name,
  ...args: UseRPCArgs<Name>
): RPCResult<Methods[Name]["result"]> {
  const [params, options = {}] = args;
  const { enabled = true, timeoutMs, meta } = options;
  const { client } = useProvided();
  const key = JSON.stringify([name, params ?? {}, timeoutMs ?? 0, meta ?? {}]);
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState<Answer>();
  const refetch = useCallback(() => setRound((last) => last + 1), []);

  useEffect(() => {
    if (!enabled) {
      return;
    }
    const abort = new AbortController();
    const { signal } = abort;
    let unanswered = false;
    const settle = (outcome: { data?: unknown; error?: unknown }) => {
      if (!signal.aborted) {
        setAnswer((last) => ({
          ...(isOf(last, client, key) ? { data: last.data } : {}),
          ...outcome,
          client,
          key,
          round,
        }));
      }
    };
    client
      .call(rpcMethods[name], params as object | undefined, {
        signal,
        timeoutMs,
        meta,
      })
      .then(
        (data) => settle({ data }),
        (error: unknown) => {
          unanswered = !(error instanceof RPCError);
          settle({ error });
        },
      );
    const forget = client.onState?.((state) => {
      if (state === "connected" && unanswered) {
        refetch();
      }
    });
    return () => {
      forget?.();
      abort.abort();
    };
  }, [client, key, round, enabled]);

  const current = isOf(answer, client, key) ? answer : undefined;
  return {
    data: current?.data as Methods[Name]["result"] | undefined,
    error: current?.error,
    isPending: enabled && current?.round !== round,
    refetch,
  };
}

function isOf(
  answer: Answer | undefined,
  client: RPCConnection,
  key: string,
): answer is Answer {
  return answer?.client === client && answer.key === key;
}

export interface UseRPCStreamOptions extends Pick<
  StreamOptions,
  "timeoutMs" | "meta" | "window"
> {
  /** False: nothing is called. */
  readonly enabled?: boolean | undefined;
  /** How many items `items` holds: the last ones. Default: all. */
  readonly keep?: number | undefined;
}

/** What may follow the name of a method that streams. */
export type UseRPCStreamArgs<Name extends keyof Streams> =
  undefined extends Streams[Name]["params"]
    ? [params?: Streams[Name]["params"], options?: UseRPCStreamOptions]
    : [params: Streams[Name]["params"], options?: UseRPCStreamOptions];

/** What has come of a stream so far. */
export interface RPCStreamResult<Item> {
  /** The item that came last. */
  readonly latest: Item | undefined;
  readonly items: readonly Item[];
  /** What the stream failed with. */
  readonly error: unknown;
  /** Whether more may come. */
  readonly isPending: boolean;
  /** Calls the method again, and begins with no items. */
  readonly restart: () => void;
}

/** What one call has streamed; a new object each time that it is shown. */
interface Streamed {
  readonly client: RPCConnection;
  readonly key: string;
  readonly round: number;
  readonly items: readonly unknown[];
  readonly ended: boolean;
  readonly error?: unknown;
}

/**
 * Calls a method that only reads and streams its results, when the component appears and
 * when the params are other ones. It is cancelled when the component goes. A stream that a
 * lost connection has ended begins anew once the connection is back.
 */
export function useRPCStream<Name extends keyof Streams>(
  name: Name,
  ...args: UseRPCStreamArgs<Name>
): RPCStreamResult<Streams[Name]["item"]> {
  const [params, options = {}] = args;
  const { enabled = true, keep = Infinity, timeoutMs, meta, window } = options;
  const { client } = useProvided();
  const settings = [timeoutMs ?? 0, meta ?? {}, window ?? 0];
  const key = JSON.stringify([name, params ?? {}, settings]);
  const [round, setRound] = useState(0);
  const [streamed, setStreamed] = useState<Streamed>();
  const restart = useCallback(() => setRound((last) => last + 1), []);

  useEffect(() => {
    if (!enabled) {
      return;
    }
    const abort = new AbortController();
    const { signal } = abort;
    let unanswered = false;
    const items: unknown[] = [];
    const show = (more: { ended: boolean; error?: unknown }) => {
      if (!signal.aborted) {
        setStreamed({ client, key, round, items, ...more });
      }
    };
    const read = async () => {
      try {
        for await (const item of stream(
          client,
          rpcStreams[name] as RPCStreamMethod,
          params,
          { signal, timeoutMs, meta, window },
        )) {
          items.push(item);
          items.splice(0, Math.max(0, items.length - keep));
          show({ ended: false });
        }
        show({ ended: true });
      } catch (error) {
        unanswered = !(error instanceof RPCError);
        show({ ended: true, error });
      }
    };
    void read();
    const forget = client.onState?.((state) => {
      if (state === "connected" && unanswered) {
        restart();
      }
    });
    return () => {
      forget?.();
      abort.abort();
    };
  }, [client, key, round, enabled, keep]);

  const current =
    streamed?.client === client &&
    streamed.key === key &&
    streamed.round === round
      ? streamed
      : undefined;
  const items = useMemo(
    () => [...(current?.items ?? [])] as Streams[Name]["item"][],
    [current],
  );
  return {
    latest: items.at(-1),
    items,
    error: current?.error,
    isPending: enabled && !current?.ended,
    restart,
  };
}

export interface UseEventOptions {
  /** False: nothing is listened to. */
  readonly enabled?: boolean | undefined;
  /** Called when the subscription ends by itself, with the reason if there is one. */
  readonly onEnd?: ((reason?: Error) => unknown) | undefined;
}

/** What may follow the name of an event. */
export type UseEventArgs<Name extends keyof Events> =
  undefined extends Events[Name]["params"]
    ? [
        handler: EventHandler<Events[Name]["payload"]>,
        options?: UseEventOptions,
      ]
    : [
        params: Events[Name]["params"],
        handler: EventHandler<Events[Name]["payload"]>,
        options?: UseEventOptions,
      ];

/**
 * Listens to an event while the component is there. The handler may be another function
 * each time.
 */
export function useEvent<Name extends keyof Events>(
  name: Name,
  ...args: UseEventArgs<Name>
): void {
  const [params, handler, options = {}] = (
    typeof args[0] === "function" ? [undefined, ...args] : args
  ) as [object | undefined, EventHandler<unknown>, UseEventOptions?];
  const { enabled = true } = options;
  const { client } = useProvided();
  const key = JSON.stringify(params ?? {});
  const latest = useRef({ handler, options });
  useEarlyEffect(() => {
    latest.current = { handler, options };
  });

  useEffect(() => {
    if (!enabled) {
      return;
    }
    let stop: Unsubscribe | undefined;
    let listening = false;
    const listen = () => {
      listening = true;
      stop = client.subscribe(
        rpcEvents[name] as RPCEvent,
        params,
        (payload) => latest.current.handler(payload),
        {
          onEnd: (reason) => {
            listening = false;
            return latest.current.options.onEnd?.(reason);
          },
        },
      );
    };
    listen();
    // What has ended with the client begins again with it.
    const forget = client.onState?.((state) => {
      if (state !== "disconnected" && !listening) {
        listen();
      }
    });
    return () => {
      forget?.();
      stop?.();
    };
  }, [client, name, key, enabled]);
}
