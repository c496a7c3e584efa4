// What the server sends, checked before the SDK sees it: what does not follow the
// protocol would make the SDK throw where nobody can catch it.
import type { Centrifuge } from "centrifuge";
import { codecOf } from "./hooks.js";
import { isObject } from "./values.js";

type Reply = Readonly<Record<string, unknown>>;

const INVALID = "the server sent no valid frame";

/** Makes the SDK connect again, which it does not do by itself everywhere. */
const RECONNECT: Reply = {
  push: { disconnect: { code: 3000, reason: "" } },
};

/**
 * Checks the frames of a connection. One that is not valid is followed by a new
 * connection; `report` gets the reason before. An SDK that is made otherwise is left alone.
 */
export function checkFrames(
  centrifuge: Centrifuge,
  report: (reason: string) => void,
): void {
  const codec = codecOf(centrifuge);
  if (codec === undefined) {
    return;
  }
  codec.decodeReplies = (data) => {
    const replies: Reply[] = [];
    try {
      for (const line of String(data).split("\n")) {
        if (line.trim() !== "") {
          replies.push(checked(JSON.parse(line)));
        }
      }
    } catch {
      report(INVALID);
      replies.push(RECONNECT);
    }
    return replies;
  };
}

/** Throws where a reply lacks what the SDK relies on. */
function checked(reply: Reply): Reply {
  const { id, error, push = {}, connect = {}, subscribe } = reply;
  const pushed = push as Reply;
  const valid =
    [push, connect, pushed["pub"] ?? {}].every(isObject) &&
    typeof (pushed["channel"] ?? "") === "string" &&
    [error, pushed["unsubscribe"], pushed["disconnect"]].every(hasCode) &&
    [
      connect,
      subscribe,
      pushed["subscribe"],
      ...Object.values((connect as Reply)["subs"] ?? {}),
    ].every(isSubscription) &&
    // An answer that is none has its id only.
    (id === undefined || Object.values(reply).some(isObject));
  if (!valid) {
    throw new TypeError(INVALID);
  }
  return reply;
}

function isSubscription(value: unknown = {}): boolean {
  const list = isObject(value) && (value["publications"] ?? []);
  return Array.isArray(list) && list.every(isObject);
}

function hasCode(value: unknown = { code: 0 }): boolean {
  return isObject(value) && Number.isInteger(value["code"]);
}
