// This API's client: the RPC client with its channels and its version.
import type { Centrifuge } from "centrifuge";
import type { APISettings, ClientOptions, TokenSource } from "./rpc/api.js";
import { RPCClient } from "./rpc/client.js";

export type {
  CallOptions,
  CallSettings,
  ClientOptions,
  ConnectOptions,
  ConnectionState,
  EventArgs,
  EventHandler,
  EventIterable,
  RPCCall,
  RPCCaller,
  RPCConnection,
  RPCErrorClass,
  RPCEvent,
  RPCInterceptor,
  RPCMethod,
  RPCNext,
  RPCStreamMethod,
  StateListener,
  StreamOptions,
  SubscribeOptions,
  TokenSource,
  Unsubscribe,
} from "./rpc/api.js";
export { batched } from "./rpc/batch.js";
export {
  CallError,
  CallTimeout,
  ConnectError,
  ConnectionLost,
  EventOverflow,
  EventsLost,
  InvalidParamsError,
  MethodNotFoundError,
  NotConnected,
  RPCError,
  RequestTooLarge,
  type CallInfo,
  type ParamIssue,
} from "./rpc/errors.js";
export { FakeRPC, type FakeHandlers } from "./rpc/fake.js";
export { listen } from "./rpc/iterator.js";
export type { EventPosition } from "./rpc/position.js";
export { readStream } from "./rpc/read-stream.js";
export { on } from "./rpc/request.js";
export { stream, type RPCStream } from "./rpc/stream.js";
export type {
  UnknownNumber,
  UnknownString,
  UnknownVariant,
} from "./rpc/unknown.js";
/** What a token function throws if nobody is logged in any more: it ends the client. */
export { UnauthorizedError } from "centrifuge";

const api: APISettings = {
  requestsChannel: "rpc.requests",
  replyChannel: "user#{user_id}",
  version: "",
  longestTimeoutMs: 0,
};

/**
 * Calls methods and listens to events over Centrifugo. The constructor opens nothing;
 * `connect()` does.
 */
export class CentrifugoRPCClient extends RPCClient {
  /** `userId` may be left out: it is the token's `sub`. */
  constructor(
    url: string,
    token: TokenSource,
    userId?: string,
    options: ClientOptions = {},
  ) {
    super(api, url, token, userId, options);
  }

  /** Uses a connection that exists. It is never closed from here. */
  static over(
    centrifuge: Centrifuge,
    userId?: string,
    options: ClientOptions = {},
  ): CentrifugoRPCClient {
    return new CentrifugoRPCClient("", "", userId, options).use(centrifuge);
  }
}
