// Checks and errors of connecting.
import type { APISettings, ClientOptions } from "./api.js";
import { FIRST_SERVER_CODE } from "./codes.js";
import { ConnectError } from "./errors.js";
import { usesProtobuf } from "./hooks.js";
import { DEFAULT_TIMEOUT_MS, MAX_DELAY_MS } from "./timing.js";

/** How long the SDK waits for the answer to a command. */
const SDK_TIMEOUT_MS = 5_000;

/** Throws if `url` cannot be the URL of a WebSocket server. */
export function checkURL(url: string): void {
  // A page may leave the host out.
  const page = (globalThis.location as Location | undefined)?.href;
  const { protocol, host } = parseURL(url, page);
  const isHTTP = /^https?:$/.test(protocol);
  const isWebSocket = isHTTP
    ? !/^https?:/i.test(url)
    : /^wss?:$/.test(protocol);
  if (!isWebSocket || host === "") {
    const example = isHTTP
      ? url.replace(/^http/i, "ws")
      : "wss://example.com/connection/websocket";
    throw new ConnectError(
      `${JSON.stringify(url)} is not the URL of a WebSocket, such as ${example}`,
    );
  }
}

function parseURL(url: string, base: string | undefined) {
  try {
    return new URL(url, base);
  } catch {
    return { protocol: "", host: "" };
  }
}

/** Throws if a connection carries bytes: payloads are JSON values here. */
export function checkProtocol(centrifuge: object): void {
  if (usesProtobuf(centrifuge)) {
    throw new ConnectError(
      'the connection uses Protobuf: import Centrifuge from "centrifuge"',
    );
  }
}

/** Makes the error for a refused reply channel, with the two remedies. */
export function subscribeError(
  channel: string,
  code: number,
  reason: string,
): ConnectError {
  const remedies =
    code === 103 || code === 107
      ? ": let the token or the server subscribe the user to it (server-side), or " +
        "let users subscribe to their own channels (allow_user_limited_channels, " +
        "or its channel_regex)"
      : "";
  const what =
    code < FIRST_SERVER_CODE
      ? `the subscription to ${channel} ended`
      : `cannot subscribe to ${channel}`;
  return new ConnectError(`${what}: ${reason} (code ${code})${remedies}`, code);
}

export function connectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ConnectError(`cannot connect: ${message}`, 0, reason);
}

type WebSocketClass = new (
  url: string,
  protocols?: string,
) => {
  addEventListener?(
    type: "error",
    listener: (event: { readonly message?: string }) => void,
  ): void;
};

/**
 * Returns the WebSocket class to use: the given one, the global one, or that of `ws` for
 * Node 20, which has none. `report` gets the reason of one that does not open, where the
 * platform tells it; browsers do not.
 */
export async function findWebSocket(
  given: unknown,
  report: (reason: string) => void,
): Promise<unknown> {
  const found = given ?? globalThis.WebSocket ?? (await import("ws")).WebSocket;
  return class extends (found as WebSocketClass) {
    constructor(url: string, protocols?: string) {
      super(url, protocols);
      report("");
      this.addEventListener?.("error", ({ message = "" }) => report(message));
    }
  };
}

/** Statuses of HTTP after which another attempt may get another answer. */
const TEMPORARY_STATUSES = new Set([408, 425, 429]);
/** What to look at, by status. */
const HINTS: Readonly<Record<number, string>> = {
  401: "the server, or a proxy before it, wants other credentials",
  403: "the origin may be missing in Centrifugo's client.allowed_origins",
  404: "the path may be wrong; Centrifugo's is /connection/websocket",
};

/** Says why a WebSocket did not open, and whether another attempt is of no use. */
export function openError(reason: string): { message: string; final: boolean } {
  if (reason === "") {
    const message =
      "the WebSocket did not open, and the platform does not say why: the server " +
      "may be down, the URL wrong, or the page's origin not allowed";
    return { message, final: false };
  }
  const status = Number(/response: (\d{3})$/.exec(reason)?.[1] ?? 0);
  const final =
    status >= 400 && status < 500 && !TEMPORARY_STATUSES.has(status);
  if (!final) {
    return { message: reason, final };
  }
  const hint =
    HINTS[status] ?? "this may not be the URL of Centrifugo's WebSocket";
  return { message: `${reason}: ${hint}`, final };
}

/** Returns how long the SDK waits for the answer to a command. */
export function commandTimeout(
  { longestTimeoutMs }: APISettings,
  { transport, timeoutMs }: ClientOptions,
): number {
  const call =
    transport === "rpc"
      ? Math.max(timeoutMs ?? DEFAULT_TIMEOUT_MS, longestTimeoutMs)
      : 0;
  return Math.min(Math.max(SDK_TIMEOUT_MS, call), MAX_DELAY_MS);
}
