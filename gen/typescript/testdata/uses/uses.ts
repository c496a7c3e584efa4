// What the generated types let a program say, and what they do not. It is compiled,
// and run: the methods of a fake hand back what they were called with.
import assert from "node:assert/strict";
import {
  APIClient,
  CentrifugoRPCClient,
  FakeRPC,
  MethodNotFoundError,
  Status,
  isKnownFigure,
  isKnownPayment,
  isKnownPet,
  isKnownStatus,
  isPlaceVariant,
  placeVariant,
  type Card,
  type Cash,
  type Dog,
  type Events,
  type FindOrders,
  type Figure,
  type Methods,
  type Money,
  type MoneyInput,
  type Order,
  type OrderInput,
  type Payment,
  type PaymentInput,
  type Pet,
  type Place,
  type Point,
  type RPCCaller,
  type RPCInterceptor,
  type RPCStream,
  type Streams,
  type UnknownNumber,
  type UnknownString,
  type UnknownVariant,
} from "./client/index.js";

const sent: unknown[] = [];
const fake: RPCCaller = {
  call: (_, params) => {
    sent.push(params);
    return Promise.resolve(params as never);
  },
  subscribe: () => () => undefined,
};
const api = new APIClient(fake);
new APIClient(new CentrifugoRPCClient("wss://example.com", "token"));

/** Fails to compile unless both types are the same. */
function same<A, B>(
  _: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : false,
): void {}

// An enum of results has one more member.
export function enums(status: Status, text: string, order: Order): string {
  if (status === "open") {
    same<typeof status, "open">(true);
  } else {
    same<typeof status, "done" | UnknownString>(true);
  }
  switch (status) {
    case Status.Open:
    case "done":
      break;
    default: {
      same<typeof status, UnknownString>(true);
      // @ts-expect-error a newer server's value is left
      const never: never = status;
      return `${status.toUpperCase()} ${String(never)}`;
    }
  }
  if (isKnownStatus(text)) {
    same<typeof text, "open" | "done">(true);
  } else {
    same<typeof text, string>(true);
  }
  switch (order.priority) {
    case 1:
    case 2:
      break;
    default:
      same<typeof order.priority, UnknownNumber>(true);
      return (order.priority + 1).toFixed();
  }
  const count: number | undefined = order.counts[status];
  // @ts-expect-error no such status
  void order.counts.opne;
  for (const [key, value] of Object.entries(order.counts)) {
    same<typeof key, string>(true);
    same<typeof value, number>(true);
  }
  return String(count);
}

export function guardOfEnum(status: Status): string {
  if (isKnownStatus(status)) {
    same<typeof status, "open" | "done">(true);
    const labels: Record<typeof status, string> = { open: "o", done: "d" };
    return labels[status];
  }
  same<typeof status, UnknownString>(true);
  return status.trim();
}

// A discriminator narrows, and leaves the unknown variant.
export function tags(payment: Payment): string {
  switch (payment.kind) {
    case "card":
      same<typeof payment, Card>(true);
      return payment.number;
    case "cash":
      same<typeof payment, Cash>(true);
      return String(payment.change);
    default: {
      same<typeof payment.kind, UnknownString | undefined>(true);
      // @ts-expect-error a newer server's variant is left
      const never: never = payment;
      return `unknown ${payment.kind} ${String(never)}`;
    }
  }
}

export function guardOfUnion(payment: Payment): string {
  if (isKnownPayment(payment)) {
    same<typeof payment.kind, "card" | "cash">(true);
    return payment.kind;
  }
  return payment.kind ?? "without a kind";
}

// So does a discriminator in a variant.
export function nestedTags(pet: Pet): string {
  switch (pet.pet) {
    case "cat":
      switch (pet.color) {
        case "black":
          return String(pet.lives);
        case "white":
          return "white";
        default: {
          same<typeof pet.color, UnknownString | undefined>(true);
          // @ts-expect-error a cat of another color is left
          const never: never = pet;
          return String(never);
        }
      }
    case "dog":
      same<typeof pet, Dog>(true);
      return pet.bark;
    default: {
      const unknown: UnknownVariant<"pet"> = pet;
      return String(unknown.pet);
    }
  }
}

// Without a tag, JavaScript's own operators narrow, and so do the guards.
export function shapes(place: Place): string {
  if (place === null) {
    return "nowhere";
  }
  if (isPlaceVariant(place, "Point")) {
    return place.latitude.toFixed();
  }
  if (isPlaceVariant(place, "NamedPoint")) {
    return place.name; // which is a Point to the compiler, and not a "Point"
  }
  switch (placeVariant(place)) {
    case "integer":
    case "string":
    case "list of string":
    case undefined:
      break;
    // @ts-expect-error no such variant
    case "Circle":
      break;
  }
  // @ts-expect-error no such variant
  isPlaceVariant(place, "Circle");
  if (typeof place === "string") {
    return place.trim();
  }
  if (typeof place === "number") {
    return place.toFixed();
  }
  if (Array.isArray(place)) {
    same<typeof place, string[]>(true);
    return place.join();
  }
  if ("latitude" in place) {
    return place.longitude.toFixed();
  }
  same<typeof place, UnknownVariant>(true);
  return JSON.stringify(place);
}

// What was read can be sent back, and what results always have may be left out.
export async function bothWays(order: Order, money: Money): Promise<void> {
  const input: OrderInput = order;
  const payment: PaymentInput = order.payment;
  same<typeof money.currency, "EUR" | "USD" | UnknownString>(true);
  same<Order["discounts"], Money[]>(true);
  same<OrderInput["discounts"], MoneyInput[] | undefined>(true);
  // @ts-expect-error a result always has a currency
  const short: Money = { amount: "1" };
  const enough: MoneyInput = { amount: "1" };
  order.discounts.push(money);
  await api.ordersSave(order);
  await api.ordersSave({ ...order, status: order.status, payment });
  await api.ordersSave({
    ...input,
    total: enough,
    payment: { kind: "card", number: "1", fee: { amount: "2" } },
    urgent: undefined,
  });
  await api.ordersFind({ status: order.status, sort: "newest" });
  void short;
}

// Typing errors in params do not compile.
export async function typos(order: Order): Promise<void> {
  // @ts-expect-error
  await api.ordersSave({ ...order, status: "opne" });
  // @ts-expect-error
  await api.ordersSave({ ...order, priority: 3 });
  // @ts-expect-error
  await api.ordersSave({ ...order, total: { amount: "1", currency: "EURO" } });
  // @ts-expect-error
  await api.ordersSave({ ...order, payment: { kind: "crad", number: "1" } });
  // @ts-expect-error
  await api.ordersSave({ ...order, payment: { kind: "card" } });
  // @ts-expect-error
  await api.ordersSave({ ...order, payment: { number: "1" } });
  // @ts-expect-error
  await api.ordersSave({ ...order, urgent: false });
  // @ts-expect-error
  await api.ordersSave({ ...order, discount: [] });
  // @ts-expect-error
  await api.ordersFind({ sort: "cheapest" });
  // @ts-expect-error
  await api.ordersFind({ status: "" });
}

// A constant that is always sent is asked for, another one is not.
export async function constants(): Promise<void> {
  await api.send({ message: { via: "mail", to: "a" } });
  // @ts-expect-error
  await api.send({ message: { to: "a" } });
  await api.labelsGet();
  await api.labelsGet({ kind: "label", version: 2 });
  // @ts-expect-error
  await api.labelsGet({ text: "x" });
  await api.oddParams();
  await api.oddConstants();
}

// What only params use is closed.
export function closed(figure: Figure): string {
  switch (figure.form) {
    case "round":
      return figure.axes === 1 ? "circle" : "ellipse";
    case "square":
      return "square";
    default: {
      const never: never = figure;
      return never;
    }
  }
}

// Results that may be null, or are nothing.
export async function results(): Promise<void> {
  same<Awaited<ReturnType<typeof api.maybeText>>, string | null>(true);
  same<Awaited<ReturnType<typeof api.maybeOrder>>, Order | null>(true);
  same<Awaited<ReturnType<typeof api.maybePet>>, Pet | null>(true);
  same<
    Awaited<ReturnType<typeof api.maybeColor>>,
    "red" | "blue" | UnknownString | null
  >(true);
  same<ReturnType<typeof api.nothing>, Promise<void>>(true);
  same<ReturnType<typeof api.labelsGet>, Promise<void>>(true);
}

export function events(): void {
  api.on2faRequired({ user: "1" }, (order) => void order.total.currency)();
  // @ts-expect-error no such argument
  void api.on2faRequired({ name: "1" });
}

// What is known of methods and events by their names, and a fake that needs no casts.
export function names(): void {
  same<Methods["orders.save"], { params: OrderInput; result: Order }>(true);
  same<Methods["orders.find"]["params"], FindOrders | undefined>(true);
  same<Methods["pets.get"]["params"], undefined>(true);
  same<Methods["nothing"]["result"], void>(true);
  same<Events["2fa.required"]["payload"], Order>(true);
  // @ts-expect-error a cat has a color
  new FakeRPC<Methods, Events>({ "pets.get": () => ({ pet: "cat" }) });
  // @ts-expect-error no such method
  new FakeRPC<Methods, Events>({ "pets.sit": () => undefined });
}

export function streams(rpc: CentrifugoRPCClient): void {
  const orders = new APIClient(rpc).ordersWatch(undefined, { window: 8 });
  same<typeof orders, RPCStream<Order>>(true);
  const iterable: AsyncIterable<Order> = orders;
  void iterable;
  same<Streams["orders.watch"]["item"], Order>(true);
  // @ts-expect-error it streams, so it cannot be called
  type _Method = Methods["orders.watch"];
  // @ts-expect-error a stream is not a promise
  void orders.then;
  // @ts-expect-error no such option
  new APIClient(rpc).ordersWatch({}, { windows: 8 });
  // @ts-expect-error a call has no window
  new APIClient(rpc).ordersFind({}, { window: 8 });
  // @ts-expect-error it streams orders
  new FakeRPC<Methods, Events, Streams>({ "orders.watch": () => [1] });
}

export const interceptors: readonly RPCInterceptor[] = [
  (call, next) => next({ ...call, meta: { ...call.meta, own: "x" } }),
  async (call, next) => {
    const result: unknown = await next(call);
    return result;
  },
  // @ts-expect-error meta holds texts
  (call, next) => next({ ...call, meta: { own: 1 } }),
];

async function fakes(): Promise<void> {
  const rpc = new FakeRPC<Methods, Events>({
    "orders.find": (params) => {
      assert.equal(params?.sort, "newest");
      return [];
    },
    "maybe.text": async (_, { signal }) => (signal ? "cancellable" : null),
  });
  const shop = new APIClient(rpc);
  assert.deepEqual(await shop.ordersFind({ sort: "newest" }), []);
  const { signal } = new AbortController();
  assert.equal(await shop.maybeText({ signal }), "cancellable");
  await assert.rejects(shop.petsGet(), MethodNotFoundError);

  const totals: string[] = [];
  const stop = shop.on2faRequired({ user: "1" }, (order) =>
    totals.push(order.total.amount),
  );
  const order: Order = {
    id: "1",
    total: { amount: "5", currency: "EUR" },
    discounts: [],
    status: Status.Open,
    priority: 1,
    payment: { kind: "cash" },
    counts: {},
  };
  rpc.emit("2fa.required", { user: "1" }, order);
  rpc.emit("2fa.required", { user: "2" }, order);
  stop();
  rpc.emit("2fa.required", { user: "1" }, order);
  assert.deepEqual(totals, ["5"]);

  const watched = new APIClient(
    new FakeRPC<Methods, Events, Streams>({
      "orders.watch": async function* (params) {
        assert.equal(params?.sort, "newest");
        yield order;
      },
    }),
  ).ordersWatch({ sort: "newest" });
  for await (const each of watched) {
    same<typeof each, Order>(true);
    assert.deepEqual(each, order);
  }
}

await fakes();
await constants();
assert.deepEqual(sent, [
  { message: { via: "mail", to: "a" } },
  { message: { to: "a" } },
  { kind: "label", version: 2 },
  { kind: "label", version: 2 },
  { text: "x" },
  {},
  { kind: "odd" },
]);

const point: Point = { latitude: 1, longitude: 2 };
assert.equal(placeVariant(point), "Point");
assert.equal(placeVariant({ ...point, name: "x" }), "NamedPoint");
assert.equal(isPlaceVariant({ ...point, name: "x" }, "Point"), false);
assert.equal(isKnownFigure({ form: "round", axes: 2 }), true);
assert.equal(isKnownFigure({ form: "round", axes: 3 }), false);
assert.equal(isKnownPet({ pet: "cat", color: "black" }), true);
assert.equal(isKnownPet({ pet: "cat", color: "red" }), false);
