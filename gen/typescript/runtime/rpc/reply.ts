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

/**
 * Ends a call with its reply. Native RPC answers a notification, too: with nothing, or
 * with the error for which it was refused.
 */
export function settle(call: Call, reply: unknown): void {
  if (call.method.notify && (reply ?? undefined) === undefined) {
    call.resolve(undefined);
    return;
  }
  const { error, result } = isObject(reply) ? reply : {};
  const { notify, returnsNothing, returnsValue } = call.method;
  const returned = result ?? null;
  const isResult = isObject(reply) && (error ?? null) === null;
  if (isResult && !(returnsValue && returned === null)) {
    call.resolve(notify || returnsNothing ? undefined : returned);
    return;
  }
  if (!isObject(error) || !Number.isInteger(error["code"])) {
    call.reject(
      new RPCError(
        -32603,
        "the reply is malformed",
        undefined,
        call.info(true),
      ),
    );
    return;
  }
  const { code, data } = error as { code: number; data?: unknown };
  const text = typeof error["message"] === "string" ? error["message"] : "";
  const declared = call.method.errors?.find((known) => known.code === code);
  const failure: Construct = declared ?? standard(code);
  const sent = call.again || wasTaken(code);
  call.reject(new failure(code, text, data as never, call.info(sent)));
}

type Construct = new (
  code: number,
  message: string,
  data: never,
  call: CallInfo,
) => RPCError;

function standard(code: number): Construct {
  return code === -32602
    ? InvalidParamsError
    : code === -32601
      ? MethodNotFoundError
      : RPCError;
}
