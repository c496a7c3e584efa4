// The client of an API whose values are not what is sent of them.
import type {
  EventHandler,
  RPCCall,
  RPCEvent,
  SubscribeOptions,
  Unsubscribe,
} from "./api.js";
import type { EventPosition } from "./position.js";
import { RPCClient as PlainClient } from "./client.js";
import { exact, invalidParams } from "./convert.js";
import { reasonText } from "./values.js";

/** Converts params before they are sent, and events before they are handed on. */
export class RPCClient extends PlainClient {
  protected override send(call: RPCCall): Promise<unknown> {
    const { method, onItem } = call;
    const { paramsCodec, resultCodec } = method;
    let { params } = call;
    try {
      params = paramsCodec ? paramsCodec.encode(params) : params;
    } catch (error) {
      return Promise.reject(invalidParams(method, error));
    }
    if (!onItem || !resultCodec) {
      return super.send({ ...call, params });
    }
    const convert = (item: unknown) =>
      onItem(resultCodec.decode(item) as never);
    return super.send({ ...call, params, onItem: convert });
  }

  override subscribe<Payload>(
    event: RPCEvent<Payload>,
    channel: object | undefined,
    handler: EventHandler<Payload>,
    options?: SubscribeOptions,
  ): Unsubscribe {
    const { payloadCodec: codec, name } = event;
    if (codec === undefined) {
      return super.subscribe(event, channel, handler, options);
    }
    const convert = (payload: unknown, position?: EventPosition) => {
      let value: unknown;
      try {
        value = codec.decode(exact(payload));
      } catch (error) {
        const reason = reasonText(error);
        throw new TypeError(
          `payload of ${name} does not fit its type: ${reason}`,
        );
      }
      return handler(value as Payload, position);
    };
    return super.subscribe(event, channel, convert, options);
  }
}
