// Checks and errors of connecting.
import type { APISettings, ClientOptions } from "./api.js";
import { ConnectError } from "./errors.js";
import { DEFAULT_TIMEOUT_MS, MAX_DELAY_MS } from "./timing.js";
import { reasonText } from "./values.js";

/** How long the SDK waits for the answer to a command. */
const SDK_TIMEOUT_MS = 5_000;

/** Throws if `url` cannot be the URL of a WebSocket server. */
export function checkURL(url: string): void {
  const asWebSocket = url.replace(/^http(?=s?:)/i, "ws");
  if (asWebSocket !== url || !hasHost(url)) {
    throw new ConnectError(
      `${JSON.stringify(url)} is not the URL of a WebSocket, such as ${asWebSocket === url ? "wss://…" : asWebSocket}`,
    );
  }
}

function hasHost(url: string): boolean {
  // A page may leave the host out.
  const page = (globalThis.location as Location | undefined)?.href;
  try {
    const { protocol, host } = new URL(url, page);
    return /^(http|ws)s?:$/.test(protocol) && host !== "";
  } catch {
    return false;
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
      ? ": subscribe by the token, or set allow_user_limited_channels or channel_regex"
      : "";
  return new ConnectError(
    `subscription to ${channel}: ${reason} (code ${code})${remedies}`,
    code,
  );
}

export function connectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  return new ConnectError(`cannot connect: ${reasonText(reason)}`, 0, reason);
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
  const found = given ?? globalThis.WebSocket ?? (await importWebSocket());
  return class extends (found as WebSocketClass) {
    constructor(url: string, protocols?: string) {
      super(url, protocols);
      report("");
      this.addEventListener?.("error", ({ message = "" }) => report(message));
    }
  };
}

/** The name is no literal: bundlers are not to look for what browsers do not need. */
async function importWebSocket(name = "ws"): Promise<unknown> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))
      .WebSocket;
  } catch (error) {
    throw new ConnectError("no WebSocket here: install `ws`", 0, error);
  }
}

/** What to look at, by status. */
const HINTS: Readonly<Record<number, string>> = {
  401: "check the credentials",
  403: "check client.allowed_origins",
  404: "the path is /connection/websocket",
};

/**
 * Says what to look at where a server has refused to open a WebSocket, so that another
 * attempt is of no use; empty where it is of use.
 */
export function hintFor(reason: string): string {
  // 408, 425 and 429: another attempt may get another answer.
  const refusal = /response: (4(?!08|25|29)\d\d)$/.exec(reason);
  return refusal ? (HINTS[Number(refusal[1])] ?? "check the URL") : "";
}

/** Returns how long the SDK waits for the answer to a command. */
export function commandTimeout(
  { longestTimeoutMs }: APISettings,
  { transport, timeoutMs }: ClientOptions,
): number {
  const call = Math.max(timeoutMs ?? DEFAULT_TIMEOUT_MS, longestTimeoutMs);
  return transport === "rpc"
    ? Math.min(Math.max(SDK_TIMEOUT_MS, call), MAX_DELAY_MS)
    : SDK_TIMEOUT_MS;
}
