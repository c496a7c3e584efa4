// Reads the replies to a call whose results are many, with all their digits.
import { exact } from "./convert.js";
import { readStream as readPlain, type StreamReader } from "./read-stream.js";

/** Reads them as {@link readPlain} does; the client converts the items. */
export const readStream: StreamReader = (call, tell) => {
  const stream = readPlain(call, tell);
  return {
    ...stream,
    read: (message) => stream.read(exact(message) as typeof message),
  };
};
