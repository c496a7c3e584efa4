// What the server sends, checked before the SDK sees it: what does not follow the
// protocol would make the SDK throw where nobody can catch it.
import type { Centrifuge } from "centrifuge";
import { codecOf } from "./hooks.js";
import { isObject } from "./values.js";

type Reply = Readonly<Record<string, unknown>>;

/** Makes the SDK connect again, which it does not do by itself everywhere. */
const RECONNECT: Reply = {
  push: {
    disconnect: { code: 3000, reason: "the server sent no valid frame" },
  },
};

/**
 * Checks the frames of a connection. One that is not valid is followed by a new
 * connection; `report` is called before. An SDK that is made otherwise is left alone.
 */
export function checkFrames(centrifuge: Centrifuge, report: () => void): void {
  const codec = codecOf(centrifuge);
  if (codec === undefined) {
    return;
  }
  /** What the commands without an answer are, by id: "publish", for example. */
  const kinds = new Map<unknown, string>();
  const encode = codec.encodeCommands.bind(codec);
  codec.encodeCommands = (commands) => {
    for (const command of commands) {
      if (command["connect"] !== undefined) {
        kinds.clear(); // a new connection: nothing of the last is answered
      }
      const kind = Object.keys(command).find((key) => key !== "id");
      if (kind !== undefined && command["id"] !== undefined) {
        kinds.set(command["id"], kind);
      }
    }
    return encode(commands);
  };
  codec.decodeReplies = (data) => {
    const replies: Reply[] = [];
    for (const line of String(data).split("\n")) {
      if (line.trim() === "") {
        continue;
      }
      const reply = parse(line);
      if (!isObject(reply) || !isValid(reply, kinds)) {
        report();
        return [...replies, RECONNECT];
      }
      replies.push(reply);
    }
    return replies;
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Whether a reply has what the SDK relies on. */
function isValid(reply: Reply, kinds: Map<unknown, string>): boolean {
  const { id, error, push } = reply;
  if (push !== undefined) {
    return isObject(push) && isValidPush(push);
  }
  const kind = kinds.get(id);
  kinds.delete(id);
  if (error !== undefined) {
    return hasCode(error);
  }
  // None: a ping, or the answer to a command of an earlier connection.
  const result = kind === undefined ? {} : reply[kind];
  return (
    isSubscription(result) &&
    optional(
      result["subs"],
      (subs) => isObject(subs) && Object.values(subs).every(isSubscription),
    )
  );
}

function isValidPush(push: Reply): boolean {
  const { channel = "", pub, subscribe, unsubscribe, disconnect } = push;
  return (
    typeof channel === "string" &&
    optional(pub, isObject) &&
    optional(subscribe, isSubscription) &&
    optional(unsubscribe, hasCode) &&
    optional(disconnect, hasCode)
  );
}

function isSubscription(value: unknown): value is Reply {
  return (
    isObject(value) &&
    optional(
      value["publications"],
      (list) => Array.isArray(list) && list.every(isObject),
    )
  );
}

function hasCode(value: unknown): boolean {
  return isObject(value) && Number.isInteger(value["code"]);
}

function optional(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === undefined || check(value);
}
