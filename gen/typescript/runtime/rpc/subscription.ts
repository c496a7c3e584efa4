// The SDK's subscriptions, which several clients may share.
import {
  type Centrifuge,
  type PublicationContext,
  type Subscription,
} from "centrifuge";

/** What a subscription says about the publications of the time we were away. */
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

/** A subscription that was made here, and by how many it is used. */
interface Use {
  count: number;
  recoverable: boolean;
}

/** Those that were made here; others are left as they are. */
const uses = findUses();

/** All generated packages of a page share one map: they may share a connection. */
function findUses(): WeakMap<Subscription, Use> {
  const key = Symbol.for("wsgen.subscriptions");
  const shared = globalThis as { [key]?: WeakMap<Subscription, Use> };
  return (shared[key] ??= new WeakMap<Subscription, Use>());
}

/** Subscribes, and returns what undoes that, to be called once. */
export function subscribeTo(
  centrifuge: Centrifuge,
  channel: string,
  handlers: SubscriptionHandlers,
): () => void {
  const ignore = () => undefined;
  const {
    subscribed = ignore,
    subscribing = ignore,
    error = ignore,
  } = handlers;
  const sub = centrifuge.getSubscription(channel) ?? make(centrifuge, channel);
  const use = uses.get(sub);
  if (use !== undefined) {
    use.count++;
  }
  sub.on("publication", handlers.publication);
  sub.on("subscribed", subscribed);
  sub.on("subscribing", subscribing);
  sub.on("error", error);
  sub.on("unsubscribed", handlers.unsubscribed);
  if (sub.state === "subscribed") {
    subscribed({ recoverable: use?.recoverable ?? false, recovered: false });
  } else {
    sub.subscribe();
  }
  return () => {
    sub.off("publication", handlers.publication);
    sub.off("subscribed", subscribed);
    sub.off("subscribing", subscribing);
    sub.off("error", error);
    sub.off("unsubscribed", handlers.unsubscribed);
    release(centrifuge, sub);
  };
}

function make(centrifuge: Centrifuge, channel: string): Subscription {
  const sub = centrifuge.newSubscription(channel);
  const use = { count: 0, recoverable: false };
  uses.set(sub, use);
  sub.on("subscribed", (ctx) => (use.recoverable = ctx.recoverable));
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
