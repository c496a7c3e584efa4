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

/** What one publication is of. */
export interface Waiting {
  readonly calls: readonly Call[];
  readonly bytes: number;
}

/**
 * Holds requests until the turn ends. No timer is involved: nothing waits for long.
 * Requests count as what they take at most, so frames are shorter than they could be.
 */
export interface Outbox {
  /** Something waits here, or has just been handed to the SDK. */
  busy: boolean;
  /** Sends the requests, which take at most `bytes`, soon, and in order. */
  add(calls: readonly Call[], bytes: number): void;
}

/** Resolves when no more has come for a while. */
export async function quiet(waiting: readonly unknown[]): Promise<void> {
  for (let count = 0; count < QUIET_MICROTASKS; count++) {
    const { length } = waiting;
    await undefined;
    if (waiting.length > length) {
      count = 0;
    }
  }
}

/** A frame of several requests has at most `frameBytes`. */
export function makeOutbox(
  centrifuge: Centrifuge,
  frameBytes: number,
  send: (calls: readonly Call[]) => void,
): Outbox {
  const waiting: Waiting[] = [];

  const sendFrame = () => {
    centrifuge.startBatching();
    for (const { calls } of takeFrame(waiting, frameBytes)) {
      send(calls);
    }
    centrifuge.stopBatching();
  };
  const flush = async () => {
    await quiet(waiting);
    while (waiting.length > 0) {
      sendFrame();
      for (let count = 0; count < SDK_MICROTASKS; count++) {
        await undefined;
      }
    }
    outbox.busy = false;
  };
  const outbox: Outbox = {
    busy: false,
    add: (calls, bytes) => {
      waiting.push({ calls, bytes });
      if (!outbox.busy) {
        outbox.busy = true;
        void flush();
      }
    },
  };
  return outbox;
}

/** Takes what fits into a frame, and `most` of it. */
export function takeFrame(
  waiting: Waiting[],
  frameBytes: number,
  most?: number,
): Waiting[] {
  let bytes = 0;
  const tooMany = waiting.findIndex((request, index) => {
    bytes += request.bytes + 1; // a newline is between two
    return index > 0 && (bytes > frameBytes || index === most);
  });
  return waiting.splice(0, tooMany < 0 ? waiting.length : tooMany);
}
