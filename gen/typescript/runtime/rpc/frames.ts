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
      if (reply === undefined || !isValid(reply, kinds)) {
        report();
        return [...replies, RECONNECT];
      }
      replies.push(reply);
    }
    return replies;
  };
}

function parse(line: string): Reply | undefined {
  try {
    const reply: unknown = JSON.parse(line);
    return isObject(reply) ? reply : undefined;
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
    return isObject(error) && Number.isInteger(error["code"]);
  }
  if (kind === undefined) {
    return true; // a ping, or the answer to a command of an earlier connection
  }
  const result = reply[kind];
  return (
    isObject(result) &&
    isValidSubscription(result) &&
    areObjects(result["subs"], isValidSubscription)
  );
}

function isValidPush(push: Reply): boolean {
  const { channel = "", pub, subscribe, unsubscribe, disconnect } = push;
  const closings = [unsubscribe, disconnect].filter((is) => is !== undefined);
  return (
    typeof channel === "string" &&
    (pub === undefined || isObject(pub)) &&
    areObjects({ subscribe: subscribe ?? {} }, isValidSubscription) &&
    closings.every((is) => isObject(is) && Number.isInteger(is["code"]))
  );
}

function isValidSubscription({ publications = [] }: Reply): boolean {
  return Array.isArray(publications) && publications.every(isObject);
}

function areObjects(values: unknown, check: (value: Reply) => boolean) {
  return (
    values === undefined ||
    (isObject(values) &&
      Object.values(values).every((is) => isObject(is) && check(is)))
  );
}
