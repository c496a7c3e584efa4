// What is sent for a call, and how many bytes it takes.
import type { APISettings, ClientOptions, RPCMethod } from "./api.js";
import type { Call } from "./call.js";
import { fill } from "./values.js";

/** Centrifugo closes a connection that sends a longer frame. */
const MAX_FRAME_BYTES = 65_536;
/** No character of JSON takes more bytes per UTF-16 unit. */
const BYTES_PER_UNIT = 3;
/** `\u0000`: no character of a string takes more in JSON. */
const BYTES_PER_ESCAPE = 6;
/** More than a request has besides its params, its names and `meta`. */
const FIXED_FRAME_BYTES = 512;

/** Returns a method for the arguments of its channel. */
export function on<Result>(
  method: RPCMethod<Result>,
  channel: object,
): RPCMethod<Result> {
  return { ...method, channel: fill(method.channel ?? "", channel) };
}

/** A request as the worker reads it. */
interface Envelope {
  method: string;
  params: unknown;
  correlation_id?: string;
  reply_to?: string;
  timeout_ms?: number;
  meta?: Readonly<Record<string, string>>;
}

/** Writes the requests of one session. */
export class Requests {
  private readonly channel: string;
  /** The longest frame. */
  readonly maxBytes: number;
  private readonly viaRPC: boolean;
  private readonly apiVersion: string;
  private readonly replyChannel: string;

  constructor(api: APISettings, options: ClientOptions, replyChannel: string) {
    this.channel = options.requestsChannel ?? api.requestsChannel;
    this.maxBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    this.viaRPC = options.transport === "rpc";
    this.apiVersion = api.version;
    this.replyChannel = replyChannel;
  }

  /** Returns the channel that a request is published on. */
  channelOf({ method }: Call): string {
    return method.channel ?? this.channel;
  }

  /** Returns what is sent: an envelope, or the bare params with the transport "rpc". */
  data({ method, params, options, id, timeLeft }: Call): unknown {
    if (this.viaRPC) {
      return params;
    }
    const envelope: Envelope = { method: method.name, params };
    if (!method.notify) {
      envelope.correlation_id = id;
      envelope.reply_to = this.replyChannel;
      if (timeLeft !== undefined) {
        envelope.timeout_ms = timeLeft;
      }
    }
    if (options.meta !== undefined) {
      envelope.meta = { api: this.apiVersion, ...options.meta };
    }
    return envelope;
  }

  /**
   * Returns how many bytes the request takes at most: a cheap upper bound where that
   * fits into a frame, else the exact size.
   */
  measure(call: Call): number {
    const { method, options, paramsLength } = call;
    const names =
      method.name.length +
      this.channelOf(call).length +
      this.replyChannel.length;
    const metaLength = JSON.stringify(options.meta ?? {}).length;
    const bound =
      (paramsLength + metaLength) * BYTES_PER_UNIT +
      (names + this.apiVersion.length) * BYTES_PER_ESCAPE +
      FIXED_FRAME_BYTES;
    return bound <= this.maxBytes ? bound : this.measureExactly(call);
  }

  private measureExactly(call: Call): number {
    const data = this.data(call);
    const command = this.viaRPC
      ? { rpc: { method: call.method.name, data } }
      : { publish: { channel: this.channelOf(call), data } };
    const frame = JSON.stringify({ ...command, id: 0xffffffff });
    return new TextEncoder().encode(frame).length;
  }
}
