// Options for TanStack Query, version 5.
import type { DataTag, QueryClient } from "@tanstack/react-query";
import { rpcEvents, rpcMethods, type Events, type Methods } from "./client.js";
import type {
  CallOptions,
  RPCConnection,
  RPCEvent,
  RPCMethod,
  Unsubscribe,
} from "./rpc-client.js";

/** What a query holds: null where the method returns nothing. */
export type QueryData<Name extends keyof Methods> =
  Methods[Name]["result"] extends void ? null : Methods[Name]["result"];

/** The name of a method, and its params if there are any. */
export type RPCQueryKey<Name extends keyof Methods> = DataTag<
  readonly [Name] | readonly [Name, NonNullable<Methods[Name]["params"]>],
  QueryData<Name>,
  Error
>;

/** What `useQuery` and the like take. */
export interface RPCQueryOptions<Name extends keyof Methods> {
  queryKey: RPCQueryKey<Name>;
  queryFn: (context: { signal: AbortSignal }) => Promise<QueryData<Name>>;
  /** There unless the method is idempotent: another one is not called again. */
  retry?: false;
}

/** What `useMutation` takes. */
export interface RPCMutationOptions<Name extends keyof Methods> {
  mutationKey: readonly [Name];
  mutationFn: (params: Variables<Name>) => Promise<Methods[Name]["result"]>;
}

type Variables<Name extends keyof Methods> =
  undefined extends Methods[Name]["params"]
    ? Methods[Name]["params"] | void
    : Methods[Name]["params"];

type Options = Pick<CallOptions, "timeoutMs" | "meta">;

type QueryArgs<Name extends keyof Methods> =
  undefined extends Methods[Name]["params"]
    ? [params?: Methods[Name]["params"], options?: Options]
    : [params: Methods[Name]["params"], options?: Options];

/** Changes what queries hold. */
export interface RPCCache {
  /** Replaces the result of a method; a function gets the one that is there, if any. */
  update<Name extends keyof Methods>(
    name: Name,
    params: Methods[Name]["params"],
    result:
      | QueryData<Name>
      | ((last: QueryData<Name> | undefined) => QueryData<Name> | undefined),
  ): void;
  /** Fetches the results of a method again, with those params or with any. */
  invalidate<Name extends keyof Methods>(
    name: Name,
    params?: Methods[Name]["params"],
  ): void;
}

/** Params as JSON, in which keys are compared. */
function sent({ paramsCodec: codec }: RPCMethod, params: unknown): unknown {
  const texts = (_: string, part: unknown) =>
    typeof part === "bigint" ? `${part}n` : part;
  return codec
    ? JSON.parse(JSON.stringify(codec.encode(params), texts))
    : params;
}

/** Makes options of TanStack Query, by the methods' names on the wire. */
export class RPCQueries {
  readonly rpc: RPCConnection;

  /** `rpc` is a CentrifugoRPCClient, or a fake in tests. */
  constructor(rpc: RPCConnection) {
    this.rpc = rpc;
  }

  /** The key of a query; without params the beginning of all keys of the method. */
  queryKey<Name extends keyof Methods>(
    name: Name,
    params?: Methods[Name]["params"],
  ): RPCQueryKey<Name> {
    const key: readonly unknown[] =
      params === undefined ? [name] : [name, sent(rpcMethods[name], params)];
    return key as RPCQueryKey<Name>;
  }

  queryOptions<Name extends keyof Methods>(
    name: Name,
    ...[params, options]: QueryArgs<Name>
  ): RPCQueryOptions<Name> {
    const method = rpcMethods[name];
    return {
      queryKey: this.queryKey(name, params),
      queryFn: async ({ signal }) => {
        const given = params as object | undefined;
        const result = await this.rpc.call(method, given, {
          ...options,
          signal,
        });
        return (result ?? null) as QueryData<Name>;
      },
      ...(method.idempotent ? {} : { retry: false }),
    };
  }

  mutationOptions<Name extends keyof Methods>(
    name: Name,
    options?: Options,
  ): RPCMutationOptions<Name> {
    return {
      mutationKey: [name],
      mutationFn: (params) =>
        this.rpc.call(rpcMethods[name], params as object | undefined, options),
    };
  }

  /**
   * Lets an event change what queries hold. What it has changed so far is fetched again
   * after a break of the connection, in which events may have been missed. Returns a
   * function that ends it.
   */
  onEvent<Name extends keyof Events>(
    queryClient: QueryClient,
    name: Name,
    params: Events[Name]["params"],
    handler: (payload: Events[Name]["payload"], cache: RPCCache) => unknown,
  ): Unsubscribe {
    const changed = new Map<string, readonly unknown[]>();
    const note = (queryKey: readonly unknown[]) => {
      changed.set(JSON.stringify(queryKey), queryKey);
      return queryKey;
    };
    const cache: RPCCache = {
      update: (method, of, result) => {
        queryClient.setQueryData(note(this.queryKey(method, of)), result);
      },
      invalidate: (method, of) => {
        const queryKey = note(this.queryKey(method, of));
        void queryClient.invalidateQueries({ queryKey });
      },
    };
    const stop = this.rpc.subscribe(
      rpcEvents[name] as RPCEvent<Events[Name]["payload"]>,
      params as object | undefined,
      (payload) => handler(payload, cache),
    );
    const forget = this.rpc.onState?.((state) => {
      if (state === "connected") {
        for (const queryKey of changed.values()) {
          void queryClient.invalidateQueries({ queryKey });
        }
      }
    });
    return () => {
      forget?.();
      stop();
    };
  }
}
