// Checks and errors of connecting.
import type { APISettings, ClientOptions } from "./api.js";
import { FIRST_SERVER_CODE } from "./codes.js";
import { ConnectError } from "./errors.js";
import { DEFAULT_TIMEOUT_MS, MAX_DELAY_MS } from "./timing.js";

/** How long the SDK waits for the answer to a command. */
const SDK_TIMEOUT_MS = 5_000;

/** Throws if `url` cannot be the URL of a WebSocket server. */
export function checkURL(url: string): void {
  // A page may leave the host out.
  const page = (globalThis.location as Location | undefined)?.href;
  const { protocol, host } = parseURL(url, page);
  if (!/^(ws|http)s?:$/.test(protocol) || host === "") {
    throw new ConnectError(
      `${JSON.stringify(url)} is no URL of a server: ` +
        "wss://example.com/connection/websocket would be one",
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

/** Node 20 has no WebSocket of its own; undefined means the global one. */
export async function findWebSocket(): Promise<unknown> {
  if (globalThis.WebSocket !== undefined) {
    return undefined;
  }
  return (await import("ws")).WebSocket;
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
