// What is sent for a call, and how many bytes it takes.
import type { APISettings, ClientOptions, RPCMethod } from "./api.js";
import type { Call } from "./call.js";
import { byteLength, fill } from "./values.js";

/** Centrifugo closes a connection that sends a longer frame. */
const MAX_FRAME_BYTES = 65_536;
/** No character of JSON takes more bytes per UTF-16 unit. */
const BYTES_PER_UNIT = 3;
/** `\u0000`: no character of a string takes more in JSON. */
const BYTES_PER_ESCAPE = 6;
/** More than a request has besides its params, its names and `meta`. */
const FIXED_FRAME_BYTES = 512;

/** Returns a method for the arguments of its channel. */
export function on<Method extends RPCMethod>(
  method: Method,
  channel: object,
): Method {
  return { ...method, channel: fill(method.channel ?? "", channel) };
}

/** A request as the worker reads it. */
interface Envelope {
  method: string;
  params: unknown;
  window: number | undefined;
  correlation_id?: string;
  reply_to?: string;
  timeout_ms?: number;
  meta?: Readonly<Record<string, string>>;
}

/** Writes the requests of one session. */
export interface Requests {
  /** Returns the channel that a request is published on. */
  channelOf(call: Call): string;
  /** The longest frame. */
  readonly maxBytes: number;
  /** Returns what is sent: an envelope, or the bare params with the transport "rpc". */
  data(call: Call): unknown;
  /**
   * Returns how many bytes the request takes at most: a cheap upper bound where that
   * fits into a frame, else the exact size.
   */
  measure(call: Call): number;
  measureExactly(call: Call): number;
}

export function makeRequests(
  api: APISettings,
  options: ClientOptions,
  replyChannel: string,
): Requests {
  const channelOf = ({ method }: Call) =>
    method.channel ?? options.requestsChannel ?? api.requestsChannel;
  const maxBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
  const viaRPC = options.transport === "rpc";

  const data = ({ method, params, options, meta, id, timeLeft }: Call) => {
    if (viaRPC) {
      return params;
    }
    const { window } = options;
    const envelope: Envelope = { method: method.name, params, window };
    if (!method.notify) {
      envelope.correlation_id = id;
      envelope.reply_to = replyChannel;
      if (timeLeft < Infinity) {
        envelope.timeout_ms = timeLeft;
      }
    }
    if (meta) {
      envelope.meta = { api: api.version, ...meta };
    }
    return envelope;
  };
  const measureExactly = (call: Call) => {
    const command = viaRPC
      ? { rpc: { method: call.method.name, data: data(call) } }
      : { publish: { channel: channelOf(call), data: data(call) } };
    return byteLength(JSON.stringify({ ...command, id: 0xffffffff }));
  };
  const measure = (call: Call) => {
    const names =
      call.method.name + channelOf(call) + replyChannel + api.version;
    const bound =
      call.textLength * BYTES_PER_UNIT +
      names.length * BYTES_PER_ESCAPE +
      FIXED_FRAME_BYTES;
    return bound <= maxBytes ? bound : measureExactly(call);
  };
  return { channelOf, maxBytes, data, measure, measureExactly };
}
