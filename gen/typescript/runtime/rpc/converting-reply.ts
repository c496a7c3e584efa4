// Ends a call with the reply to it, whose values are not what was sent of them.
import type { RPCMethod } from "./api.js";
import type { Call } from "./call.js";
import { wasTaken } from "./codes.js";
import { exact } from "./convert.js";
import { RPCError } from "./errors.js";
import { settle as settlePlain } from "./reply.js";
import { isObject, reasonText } from "./values.js";

/** Ends a call with its reply, as {@link settlePlain} does, after it was converted. */
export function settle(call: Call, received: unknown): void {
  const reply = exact(received);
  if (!isObject(reply)) {
    settlePlain(call, reply);
    return;
  }
  const { error, result, seq } = reply;
  const isReply = seq === undefined || result !== undefined;
  if ((error ?? null) === null && isReply) {
    try {
      const { resultCodec: codec } = call.method;
      const value = codec ? codec.decode(result) : result;
      settlePlain(call, { ...reply, result: value });
    } catch (misfit) {
      const text = `the result does not fit its type: ${reasonText(misfit)}`;
      call.reject(new RPCError(-32603, text, result, call.info(true)));
    }
    return;
  }
  settleError(call, reply, error);
}

/** An error whose data is not what was declared is a plain one. */
function settleError(call: Call, reply: object, error: unknown): void {
  const codec = isObject(error) && dataCodec(call.method, error["code"]);
  if (!codec) {
    settlePlain(call, reply);
    return;
  }
  const { code, data, message } = error as {
    code: number;
    data?: unknown;
    message?: unknown;
  };
  try {
    const value = codec.decode(data);
    settlePlain(call, { ...reply, error: { ...error, data: value } });
  } catch {
    const sent = call.again || wasTaken(code);
    const text = String(message ?? "");
    call.reject(new RPCError(code, text, data, call.info(sent)));
  }
}

function dataCodec({ errors }: RPCMethod, code: unknown) {
  return errors?.find((known) => known.code === code)?.dataCodec;
}
