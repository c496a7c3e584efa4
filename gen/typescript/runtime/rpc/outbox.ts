// Requests that are made in one turn leave in few frames.
import { type Centrifuge } from "centrifuge";
import type { Call } from "./call.js";

/**
 * The replies of a frame are handled one after another, and their callers go on a
 * little later: after so many microtasks without a request no more of them come.
 */
const QUIET_MICROTASKS = 48;
/** After so many the SDK has taken a request, and has sent a batch. */
const SDK_MICROTASKS = 4;

interface Waiting {
  readonly call: Call;
  readonly bytes: number;
}

/**
 * Holds requests until the turn ends. No timer is involved: nothing waits for long.
 * Requests count as what they take at most, so frames are shorter than they could be.
 */
export interface Outbox {
  /** Something waits here, or has just been handed to the SDK. */
  busy: boolean;
  /** Sends the request, which takes at most `bytes`, soon, and in order. */
  add(call: Call, bytes: number): void;
}

/** A frame of several requests has at most `frameBytes`. */
export function makeOutbox(
  centrifuge: Centrifuge,
  frameBytes: number,
  send: (call: Call) => void,
): Outbox {
  const waiting: Waiting[] = [];

  const sendBatch = () => {
    centrifuge.startBatching();
    for (const { call } of takeBatch(waiting, frameBytes)) {
      send(call);
    }
    centrifuge.stopBatching();
  };
  const flush = async () => {
    for (let count = 0; count < QUIET_MICROTASKS; count++) {
      const { length } = waiting;
      await undefined;
      if (waiting.length > length) {
        count = 0;
      }
    }
    while (waiting.length > 0) {
      sendBatch();
      for (let count = 0; count < SDK_MICROTASKS; count++) {
        await undefined;
      }
    }
    outbox.busy = false;
  };
  const outbox: Outbox = {
    busy: false,
    add: (call, bytes) => {
      waiting.push({ call, bytes });
      if (!outbox.busy) {
        outbox.busy = true;
        void flush();
      }
    },
  };
  return outbox;
}

function takeBatch(waiting: Waiting[], frameBytes: number): Waiting[] {
  let bytes = 0;
  const tooMany = waiting.findIndex((request, index) => {
    bytes += request.bytes + 1; // a newline is between two
    return index > 0 && bytes > frameBytes;
  });
  return waiting.splice(0, tooMany < 0 ? waiting.length : tooMany);
}
