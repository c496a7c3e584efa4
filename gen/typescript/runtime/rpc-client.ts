// This API's client: the RPC client with its channels and its version.
import type { Centrifuge } from "centrifuge";
import type { APISettings, ClientOptions, TokenSource } from "./rpc/api.js";
import { RPCClient } from "./rpc/client.js";

export type {
  CallOptions,
  ClientOptions,
  ConnectOptions,
  ConnectionState,
  EventArgs,
  EventHandler,
  RPCCaller,
  RPCConnection,
  RPCErrorClass,
  RPCEvent,
  RPCMethod,
  StateListener,
  SubscribeOptions,
  TokenSource,
  Unsubscribe,
} from "./rpc/api.js";
export {
  CallError,
  CallTimeout,
  ConnectError,
  ConnectionLost,
  EventOverflow,
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
export { on } from "./rpc/request.js";
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
