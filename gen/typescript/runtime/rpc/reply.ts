// Ends a call with the reply to it.
import type { Call } from "./call.js";
import { wasTaken } from "./codes.js";
import {
  InvalidParamsError,
  MethodNotFoundError,
  RPCError,
  type CallInfo,
} from "./errors.js";
import { isObject } from "./values.js";

/** In place of a reply that is none. */
const MALFORMED: Readonly<Record<string, unknown>> = { error: true };

/**
 * Ends a call with its reply. Native RPC answers a notification, too: with nothing, or
 * with the error for which it was refused.
 */
export function settle(call: Call, reply: unknown): void {
  const { notify, returnsNothing, returnsValue } = call.method;
  const empty = notify && (reply ?? undefined) === undefined ? {} : MALFORMED;
  const { error, result, seq } = isObject(reply) ? reply : empty;
  if (seq !== undefined && (error ?? result) === undefined) {
    return; // of a stream
  }
  const returned = result ?? null;
  if ((error ?? null) === null && !(returnsValue && returned === null)) {
    call.resolve(notify || returnsNothing ? undefined : returned);
    return;
  }
  if (!isObject(error) || !Number.isInteger(error["code"])) {
    call.reject(malformed(call));
    return;
  }
  const { code, data, message } = error as {
    code: number;
    data?: unknown;
    message?: unknown;
  };
  const declared = call.method.errors?.find((known) => known.code === code);
  const failure: Construct = declared ?? STANDARD[code] ?? RPCError;
  const sent = call.again || wasTaken(code);
  call.reject(
    new failure(code, String(message ?? ""), data as never, call.info(sent)),
  );
}

/** Makes the error for a reply that cannot be read. */
export function malformed(call: Pick<Call, "info">): RPCError {
  const message = "the reply is malformed";
  return new RPCError(-32603, message, undefined, call.info(true));
}

type Construct = new (
  code: number,
  message: string,
  data: never,
  call: CallInfo,
) => RPCError;

const STANDARD: Readonly<Record<number, Construct>> = {
  [-32602]: InvalidParamsError,
  [-32601]: MethodNotFoundError,
};
