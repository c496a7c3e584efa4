// JSON whose integers keep all their digits: those that a number rounds are bigints.
import { exactValues } from "./convert.js";
import { codecOf, usesProtobuf as isBinary, type Codec } from "./hooks.js";
import { isObject, newId } from "./values.js";

const { JSON: rounding } = globalThis;

/** What integers that a number may round have in them. */
const LONG = /\d{16}/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[Ee][-+]?\d+)?/g;
/** Longer ones are left to be infinite. */
const INTEGER = /^-?\d{16,4300}$/;

let random: string | undefined;

/** Begins the texts that stand for bigints; nobody else can know it. */
function mark(): string {
  return (random ??= `${newId()}:`);
}

/** Of any type, as with the global. */
function parse(text: string): ReturnType<typeof rounding.parse> {
  const rounded: unknown = rounding.parse(text);
  if (!LONG.test(text)) {
    return rounded;
  }
  const begin = mark();
  const marked = text.replace(TOKEN, (token) =>
    token.length > 15 &&
    INTEGER.test(token) &&
    !Number.isSafeInteger(Number(token))
      ? `"${begin}${token}"`
      : token,
  );
  if (marked === text) {
    return rounded;
  }
  try {
    return restore(rounding.parse(marked), begin);
  } catch {
    return rounded; // nested too deep for the stack
  }
}

/** Puts bigints in the place of the texts that begin with the mark. */
function restore(value: unknown, begin: string): unknown {
  if (typeof value === "string") {
    return value.startsWith(begin) ? BigInt(value.slice(begin.length)) : value;
  }
  if (typeof value === "object" && value !== null) {
    const parts = value as Record<string, unknown>;
    for (const key of Object.keys(value)) {
      const part = parts[key];
      const restored = restore(part, begin);
      if (restored !== part) {
        parts[key] = restored;
      }
    }
  }
  return value;
}

function stringify(value: unknown): string {
  const begin = mark();
  let marked = false;
  const text = rounding.stringify(
    value,
    function (this: Record<string, unknown>, key, held: unknown) {
      const original = this[key]; // before a toJSON that somebody gave to all bigints
      if (typeof original !== "bigint") {
        return held;
      }
      marked = true;
      return begin + String(original);
    },
  );
  return marked
    ? text.replaceAll(new RegExp(`"${begin}(-?\\d+)"`, "g"), "$1")
    : text;
}

/** In the place of the global that rounds. */
export const JSON = { parse, stringify };

/** Lets the SDK write bigints, and tells whether it writes no text at all. */
export function usesProtobuf(centrifuge: object): boolean {
  if (isBinary(centrifuge)) {
    return true;
  }
  const codec = codecOf(centrifuge);
  if (codec !== undefined) {
    codec.encodeCommands = (commands) => commands.map(stringify).join("\n");
    if (!Object.hasOwn(codec, "decodeReplies")) {
      keepDigits(codec);
    }
  }
  return false;
}

/** Others use a connection that was brought along: what they get stays as it is. */
function keepDigits(codec: Codec): void {
  const decode = codec.decodeReplies.bind(codec);
  codec.decodeReplies = (data) => {
    const replies = decode(data);
    if (LONG.test(String(data))) {
      const lines = String(data).split("\n");
      const texts = lines.filter((line) => line.trim() !== "");
      replies.forEach((reply, i) => note(reply, parse(texts[i] ?? "null")));
    }
    return replies;
  };
}

/** Notes the payloads in a frame. */
function note(rounded: unknown, exact: unknown): void {
  if (!isObject(rounded) || !isObject(exact)) {
    return;
  }
  for (const [key, part] of Object.entries(rounded)) {
    const same = exact[key];
    if (key === "data" && typeof part === "object" && part !== null) {
      exactValues.set(part, same);
    } else if (Array.isArray(part) && Array.isArray(same)) {
      part.forEach((item, i) => note(item, same[i]));
    } else {
      note(part, same);
    }
  }
}
