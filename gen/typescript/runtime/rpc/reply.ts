// Ends a call with the reply to it.
import type { Call } from "./call.js";
import {
  InvalidParamsError,
  MethodNotFoundError,
  RPCError,
  type CallInfo,
} from "./errors.js";
import { isObject } from "./values.js";

/** Ends a call with its reply. */
export function settle(call: Call, reply: unknown): void {
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
