// The SDK's subscriptions, which several clients may share.
import {
  type Centrifuge,
  type PublicationContext,
  type Subscription,
  type SubscriptionOptions,
} from "centrifuge";
import type { EventPosition } from "./position.js";

/** Whether publications that were missed during a break have been recovered. */
export interface Recovery {
  readonly recoverable: boolean;
  readonly recovered: boolean;
}

interface SubscriptionHandlers {
  publication(ctx: PublicationContext): void;
  subscribed?(ctx: Recovery): void;
  subscribing?(): void;
  error?(ctx: { readonly error: { readonly message: string } }): void;
  unsubscribed(ctx: { readonly code: number; readonly reason: string }): void;
}

/** How many use a subscription that was made here. */
interface Use {
  count: number;
  recoverable: boolean;
  /** Of the last publication, where the channel recovers missed ones. */
  position?: EventPosition | null | undefined;
}

const KEY = Symbol.for("wsgen.subscriptions");
const shared = globalThis as { [KEY]?: WeakMap<Subscription, Use> };

/**
 * The subscriptions that were made here. Only these are ever ended here. All generated
 * packages of a page share one map: they may share a connection.
 */
const uses = (shared[KEY] ??= new WeakMap<Subscription, Use>());

/** The token of a subscription, and where the next one comes from. */
export interface SubscriptionToken {
  readonly token: string;
  readonly getToken: (ctx: { readonly channel: string }) => Promise<string>;
}

/** The position of the last publication on a channel, if it has one. */
export function positionOn(
  centrifuge: Centrifuge,
  channel: string,
): EventPosition | undefined {
  const sub = centrifuge.getSubscription(channel);
  return (sub && uses.get(sub)?.position) ?? undefined;
}

/** Subscribes, and returns a function that undoes it, to be called once. */
export function subscribeTo(
  centrifuge: Centrifuge,
  channel: string,
  handlers: SubscriptionHandlers,
  options: Partial<SubscriptionToken & { since: EventPosition }> = {},
): () => void {
  const sub =
    centrifuge.getSubscription(channel) ?? make(centrifuge, channel, options);
  const use = uses.get(sub);
  if (use !== undefined) {
    use.count++;
  }
  const all = Object.entries(handlers) as [never, never][];
  for (const [event, handler] of all) {
    sub.on(event, handler);
  }
  if (sub.state === "subscribed") {
    handlers.subscribed?.({
      recoverable: use?.recoverable ?? false,
      recovered: false,
    });
  } else {
    sub.subscribe();
  }
  return () => {
    for (const [event, handler] of all) {
      sub.off(event, handler);
    }
    release(centrifuge, sub);
  };
}

function make(
  centrifuge: Centrifuge,
  channel: string,
  options: Partial<SubscriptionOptions>,
): Subscription {
  const sub = centrifuge.newSubscription(channel, options);
  const use: Use = { count: 0, recoverable: false };
  uses.set(sub, use);
  sub.on("subscribed", ({ recoverable, streamPosition }) => {
    use.recoverable = recoverable;
    use.position = recoverable ? streamPosition : null;
  });
  sub.on("publication", ({ offset }) => {
    if (use.position && offset) {
      use.position = { offset, epoch: use.position.epoch };
    }
  });
  return sub;
}

function release(centrifuge: Centrifuge, sub: Subscription): void {
  const use = uses.get(sub);
  if (use === undefined) {
    return;
  }
  use.count--;
  if (use.count === 0) {
    sub.unsubscribe();
    centrifuge.removeSubscription(sub);
  }
}
