// Part of rpc-client.ts: the SDK's subscriptions, which several clients may share.
import {
  type Centrifuge,
  type PublicationContext,
  type Subscription,
} from "centrifuge";

// ---

/** What a subscription says about the publications of the time we were away. */
interface Recovery {
  readonly recoverable: boolean;
  readonly recovered: boolean;
}

interface SubscriptionHandlers {
  publication(ctx: PublicationContext): void;
  subscribed(ctx: Recovery): void;
  subscribing(): void;
  error(ctx: { readonly error: { readonly message: string } }): void;
  unsubscribed(ctx: { readonly code: number; readonly reason: string }): void;
}

/** How often those are in use that were made here; others are left as they are. */
const uses = new WeakMap<Subscription, number>();

/** Subscribes, and returns what undoes that, to be called once. */
function subscribeTo(
  centrifuge: Centrifuge,
  channel: string,
  handlers: SubscriptionHandlers,
): () => void {
  const existing = centrifuge.getSubscription(channel);
  const sub = existing ?? centrifuge.newSubscription(channel);
  const count = existing === null ? 0 : uses.get(sub);
  if (count !== undefined) {
    uses.set(sub, count + 1);
  }
  sub.on("publication", handlers.publication);
  sub.on("subscribed", handlers.subscribed);
  sub.on("subscribing", handlers.subscribing);
  sub.on("error", handlers.error);
  sub.on("unsubscribed", handlers.unsubscribed);
  if (sub.state === "subscribed") {
    handlers.subscribed({ recoverable: false, recovered: false });
  } else {
    sub.subscribe();
  }
  return () => {
    sub.off("publication", handlers.publication);
    sub.off("subscribed", handlers.subscribed);
    sub.off("subscribing", handlers.subscribing);
    sub.off("error", handlers.error);
    sub.off("unsubscribed", handlers.unsubscribed);
    release(centrifuge, sub);
  };
}

function release(centrifuge: Centrifuge, sub: Subscription): void {
  const count = uses.get(sub);
  if (count === undefined) {
    return;
  }
  uses.set(sub, count - 1);
  if (count === 1) {
    sub.unsubscribe();
    centrifuge.removeSubscription(sub);
  }
}

// ---

export { type Recovery, subscribeTo };
