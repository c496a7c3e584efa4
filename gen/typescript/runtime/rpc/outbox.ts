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

/**
 * Holds requests until the turn ends. No timer is involved: nothing waits for long.
 * Requests count as what they take at most, so frames are shorter than they could be.
 */
export class Outbox {
  private readonly centrifuge: Centrifuge;
  private readonly frameBytes: number;
  private readonly send: (call: Call) => void;
  private waiting: { readonly call: Call; readonly bytes: number }[] = [];
  private flushing = false;

  /** A frame of several requests has at most `frameBytes`. */
  constructor(
    centrifuge: Centrifuge,
    frameBytes: number,
    send: (call: Call) => void,
  ) {
    this.centrifuge = centrifuge;
    this.frameBytes = frameBytes;
    this.send = send;
  }

  /** Nothing waits here, or has just been handed to the SDK. */
  get idle(): boolean {
    return !this.flushing;
  }

  /** Sends the request, which takes at most `bytes`, soon, and in order. */
  add(call: Call, bytes: number): void {
    this.waiting.push({ call, bytes });
    if (!this.flushing) {
      this.flushing = true;
      void this.flush();
    }
  }

  private async flush(): Promise<void> {
    await this.quiet();
    while (this.waiting.length > 0) {
      this.sendBatch();
      for (let count = 0; count < SDK_MICROTASKS; count++) {
        await undefined;
      }
    }
    this.flushing = false;
  }

  private async quiet(): Promise<void> {
    for (let count = 0; count < QUIET_MICROTASKS; count++) {
      const { length } = this.waiting;
      await undefined;
      if (this.waiting.length > length) {
        count = 0;
      }
    }
  }

  private sendBatch(): void {
    const batch = this.takeBatch();
    if (batch.length > 1) {
      this.centrifuge.startBatching();
    }
    for (const { call } of batch) {
      this.send(call);
    }
    if (batch.length > 1) {
      this.centrifuge.stopBatching();
    }
  }

  private takeBatch(): typeof this.waiting {
    let bytes = 0;
    const tooMany = this.waiting.findIndex((request, index) => {
      bytes += request.bytes + 1; // a newline is between two
      return index > 0 && bytes > this.frameBytes;
    });
    return this.waiting.splice(0, tooMany < 0 ? this.waiting.length : tooMany);
  }
}
