// Reads the replies to a call whose results are many.
import type { Call } from "./call.js";
import { isTemporary, type SDKError } from "./codes.js";
import { ConnectionLost, RPCError } from "./errors.js";
import { malformed } from "./reply.js";
import { reasonText } from "./values.js";

/** The worker's own, where a request names none. */
export const DEFAULT_WINDOW = 32;
/** The pause before an acknowledgement is sent again that was refused for now. */
const ACK_AGAIN_MS = 1000;

type Message = Readonly<Record<string, unknown>>;

/** The replies to one call. */
export interface Stream {
  /** Takes a message. Returns whether it has an error for which the call has to end. */
  read(message: Message): boolean;
  /** Says once more what was read: what was said last may be lost. */
  resume(): void;
}

/** Says something about the call to the worker. */
export type Tell = (
  method: string,
  params?: object,
) => Promise<unknown> | undefined;

/**
 * What a reader needs of a call. Not the class: with its private members, the methods of one
 * package could not be called through the connection of another.
 */
export type StreamCall = Pick<
  Call,
  "method" | "options" | "onEnd" | "info" | "resolve" | "reject" | "renew"
>;

/** Makes what reads the replies to a call. Over native RPC nothing can be told. */
export type StreamReader = (call: StreamCall, tell: Tell | false) => Stream;

/**
 * Hands the items to the call's `onItem`, each once and in order, and acknowledges those
 * that were read: the worker is never further ahead of that than the window.
 */
export const readStream: StreamReader = (call, tell) => {
  const { method, options, onEnd } = call;
  const { window = DEFAULT_WINDOW, onItem } = options;
  let last = 0;
  let read = 0;
  let acknowledged = 0;
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const acknowledge = () => {
    clearTimeout(timer);
    if (ended || !tell) {
      return;
    }
    acknowledged = read;
    tell("rpc.ack", { seq: read })?.catch((error: SDKError) => {
      if (isTemporary(error) && !ended) {
        clearTimeout(timer);
        timer = setTimeout(acknowledge, ACK_AGAIN_MS);
      }
    });
  };
  const hand = async (item: unknown) => {
    try {
      await onItem?.(item as never);
    } catch (error) {
      const text = `an item does not fit its type: ${reasonText(error)}`;
      call.reject(new RPCError(-32603, text, item, call.info(true)), true);
    }
    read++;
    if (read - acknowledged >= Math.max(1, Math.floor(window / 2))) {
      acknowledge();
    }
  };
  call.onEnd = (cancel) => {
    ended = true;
    clearTimeout(timer);
    onEnd?.(cancel);
  };
  if (!tell) {
    const text = `${method.name} streams its results, which native RPC cannot`;
    call.reject(new TypeError(text));
  }
  return {
    read: (message) => {
      const { seq, item } = message;
      const failed = (message["error"] ?? undefined) !== undefined;
      const isEnd = failed || "result" in message;
      call.method = { ...method, idempotent: false };
      call.renew();
      if (typeof seq !== "number") {
        if (!failed) {
          call.reject(malformed(call), !isEnd);
        }
        return failed; // it was refused before it began
      }
      const isNew = isEnd || item !== undefined;
      if (seq > (isNew ? last + 1 : last)) {
        const lost = "a message of the stream is missing";
        call.reject(new ConnectionLost(lost, call.info(true)), !isEnd);
      } else if (!isNew) {
        acknowledge(); // a sign of life
      } else if (seq > last) {
        last = seq;
        if (failed) {
          return true;
        }
        if (isEnd) {
          call.resolve(undefined);
        } else if (
          seq > acknowledged + window ||
          (item === null && method.returnsValue)
        ) {
          call.reject(malformed(call), true);
        } else {
          void hand(item);
        }
      }
      return false;
    },
    resume: () => {
      if (read > 0) {
        acknowledge();
      }
    },
  };
};
