// Part of rpc-client.ts: replies, channels, tokens, and other small functions.
import {
  ConnectError,
  InvalidParamsError,
  MethodNotFoundError,
  RPCError,
  type CallInfo,
} from "./errors.js";
import type { ClientOptions, TokenSource } from "./api.js";
import type { Call, Settle } from "./call.js";

// ---

/** `setTimeout` takes no longer delay; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** The longest that a method of the document takes. */
const LONGEST_TIMEOUT_MS: number = 0;
/** How long a call takes at most, if nobody says otherwise. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** How long the SDK waits for the answer to a command. */
const SDK_TIMEOUT_MS = 5_000;

/** What the SDK rejects with: a plain object, never an `Error`. */
interface SDKError {
  readonly code: number;
  readonly message: string;
  readonly temporary?: boolean;
}

const TIMED_OUT = 1;
const CLIENT_DISCONNECTED = 3;
/** Lower codes are the SDK's own. */
const FIRST_SERVER_CODE = 100;
const ALREADY_SUBSCRIBED = 105;
/** Codes from here on say that the server has ended a subscription. */
const UNSUBSCRIBED_BY_SERVER = 2000;
/** Say that a request was refused before anybody saw it. */
const NOT_RUN = new Set([101, 102, 103, 104, 105, 106, 107, 108, 112]);

/** Ends a call with its reply. */
function settle(call: Call, reply: unknown): void {
  if (!isObject(reply)) {
    call.reject(malformed(call));
    return;
  }
  const error = reply["error"];
  if (error === undefined || error === null) {
    const result = reply["result"];
    if (call.method.returnsValue && (result ?? undefined) === undefined) {
      call.reject(malformed(call));
    } else {
      call.resolve(result);
    }
    return;
  }
  if (!isObject(error) || !Number.isInteger(error["code"])) {
    call.reject(malformed(call));
    return;
  }
  const { code, data } = error as { code: number; data?: unknown };
  const text = typeof error["message"] === "string" ? error["message"] : "";
  const declared = call.method.errors?.find((known) => known.code === code);
  const failure: Construct = declared ?? standard(code);
  call.reject(new failure(code, text, data as never, call.info(true)));
}

type Construct = new (
  code: number,
  message: string,
  data: never,
  call: CallInfo,
) => RPCError;

function standard(code: number): Construct {
  switch (code) {
    case -32602:
      return InvalidParamsError;
    case -32601:
      return MethodNotFoundError;
    default:
      return RPCError;
  }
}

function malformed(call: Call): RPCError {
  return new RPCError(
    -32603,
    "the reply is malformed",
    undefined,
    call.info(true),
  );
}

/** Whether a close is final, by Centrifugo's ranges of codes. */
function isFinalClose(code: number): boolean {
  return (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}

/** Says why there is no reply channel, and what helps. */
function subscribeError(
  channel: string,
  code: number,
  reason: string,
): ConnectError {
  const remedies =
    code === 103 || code === 107
      ? ": let the token or the server subscribe the user to it (server-side), or " +
        "let users subscribe to their own channels (allow_user_limited_channels)"
      : "";
  const what =
    code < FIRST_SERVER_CODE
      ? `the subscription to ${channel} ended`
      : `cannot subscribe to ${channel}`;
  return new ConnectError(`${what}: ${reason} (code ${code})${remedies}`, code);
}

function connectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ConnectError(`cannot connect: ${message}`, 0, reason);
}

/** Fetches a token, or throws an error that says what came instead. */
async function fetchToken(source: TokenSource): Promise<string> {
  const token: unknown = typeof source === "string" ? source : await source();
  if (typeof token !== "string" || (token === "" && token !== source)) {
    const got = token === "" ? "an empty string" : `${typeof token}, no string`;
    throw new TypeError(`the token function returned ${got}`);
  }
  return token;
}

/** Throws if there is no use in trying to connect to `url`. */
function checkURL(url: string): void {
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

/**
 * Returns the user's id: the one that was given, or the token's `sub`. The token is
 * only read here; the server is who verifies it.
 */
function userOf(token: string, given: string | undefined): string {
  const subject = subjectOf(token);
  if (given !== undefined && subject !== undefined && given !== subject) {
    throw new ConnectError(
      `the user id is ${JSON.stringify(given)}, ` +
        `but the token's is ${JSON.stringify(subject)}`,
    );
  }
  return given ?? subject ?? "";
}

/** Throws if the user id does not fit into a channel's name. */
function checkUser(userId: string): void {
  if (userId === "") {
    throw new ConnectError(
      "the user id is not known: the token has no `sub`, and none was given",
    );
  }
  if (/[,#:]/.test(userId)) {
    throw new ConnectError(
      `the user id ${JSON.stringify(userId)} has a comma, # or colon in it, ` +
        "which mean something else in a channel's name",
    );
  }
}

/** Returns the `sub` of a JWT; undefined where it has none, or is something else. */
function subjectOf(token: string): string | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) {
    return undefined;
  }
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const subject = isObject(claims) ? claims["sub"] : undefined;
    return typeof subject === "string" ? subject : undefined;
  } catch {
    return undefined;
  }
}

/** Fills the {placeholders} of a channel. */
function fill(template: string, values: object = {}): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (_, key: string) => {
    const value = Object.hasOwn(values, key)
      ? (values as Record<string, unknown>)[key]
      : undefined;
    if (typeof value !== "string" && typeof value !== "number") {
      throw new TypeError(`the channel ${template} needs ${key}`);
    }
    return String(value);
  });
}

/** Node 20 has no WebSocket of its own; undefined means the global one. */
async function findWebSocket(): Promise<unknown> {
  if (globalThis.WebSocket !== undefined) {
    return undefined;
  }
  return (await import("ws")).WebSocket;
}

/** Hex digits for the next ids, drawn ahead: a draw costs more than its bytes. */
let digits = "";

/** 128 random bits. `randomUUID` is missing on pages that were not loaded by TLS. */
function newId(): string {
  if (digits === "") {
    for (const word of crypto.getRandomValues(new BigUint64Array(128))) {
      digits += word.toString(16).padStart(16, "0");
    }
  }
  const id = digits.slice(0, 32);
  digits = digits.slice(32);
  return id;
}

/** Returns the time that the SDK gives a command: that of a call, or its default. */
function commandTimeout({ transport, timeoutMs }: ClientOptions): number {
  const call =
    transport === "rpc"
      ? Math.max(timeoutMs ?? DEFAULT_TIMEOUT_MS, LONGEST_TIMEOUT_MS)
      : 0;
  return Math.min(Math.max(SDK_TIMEOUT_MS, call), MAX_DELAY_MS);
}

/** Makes a promise to be settled later; nobody has to wait for it. */
function deferred(): { promise: Promise<void>; settle: Settle } {
  let settle: Settle | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve: () => resolve(), reject };
  });
  promise.catch(() => undefined);
  return { promise, settle: settle as unknown as Settle };
}

/** Starts a timer, unless the delay is infinite. */
function startTimer(
  delayMs: number,
  fire: () => void,
): ReturnType<typeof setTimeout> | undefined {
  return delayMs === Infinity
    ? undefined
    : setTimeout(fire, Math.min(delayMs, MAX_DELAY_MS));
}

/** Calls a callback of the user: what it throws must not stop the connection. */
function guard(callback: () => unknown): void {
  try {
    const result = callback();
    if (isObject(result) && "then" in result) {
      Promise.resolve(result).catch((error: unknown) => console.error(error));
    }
  } catch (error) {
    console.error(error);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// ---

export {
  ALREADY_SUBSCRIBED,
  checkURL,
  checkUser,
  CLIENT_DISCONNECTED,
  commandTimeout,
  connectError,
  DEFAULT_TIMEOUT_MS,
  deferred,
  fetchToken,
  fill,
  findWebSocket,
  FIRST_SERVER_CODE,
  guard,
  isFinalClose,
  isObject,
  newId,
  NOT_RUN,
  type SDKError,
  settle,
  startTimer,
  subscribeError,
  TIMED_OUT,
  UNSUBSCRIBED_BY_SERVER,
  userOf,
};
