// Driver of the conformance cases for the TypeScript client; see ../../README.md.
//
// Compile it with the generated package in `opensdk/typescript` beside it, and run it with
// Node. A rejection that nobody handles ends the process, by Node's default.
import { createInterface } from "node:readline";
import {
  APIClient,
  CallError,
  CallTimeout,
  CentrifugoRPCClient,
  ConnectError,
  ConnectionLost,
  EventOverflow,
  EventsLost,
  InvalidParamsError,
  ItemNotFound,
  MethodNotFoundError,
  NotConnected,
  RequestTooLarge,
  RPCError,
  UnauthorizedError,
  type CallOptions,
  type Card,
  type ClientOptions,
  type Echo,
  type EventHandler,
  type EventIterable,
  type EventPosition,
  type RPCStream,
  type StreamOptions,
  type SubscribeOptions,
  type TokenSource,
  type Transfer,
  type Unsubscribe,
} from "./opensdk/typescript/index.js";

type Call = (
  api: APIClient,
  params: Echo | undefined,
  options: CallOptions,
  args: { shop_id: string; part: string },
) => Promise<unknown>;

const methods: Record<string, Call> = {
  "test.echo": (api, params, options) => api.testEcho(params, options),
  "test.repeat": (api, params, options) => api.testRepeat(params, options),
  "test.maybe": (api, _, options) => api.testMaybe(options),
  "test.nothing": (api, _, options) => nothing(api.testNothing(options)),
  "test.notify": (api, params, options) =>
    nothing(api.testNotify(params, options)),
  "test.fail": (api, _, options) => api.testFail(options),
  "test.list": (api, params, options) =>
    api.testList(params as unknown as number[], options),
  "test.text": (api, params, options) =>
    api.testText(params as unknown as string, options),
  "test.perhaps": (api, params, options) =>
    api.testPerhaps(params ?? null, options),
  "test.json": (api, params, options) => api.testJson(params, options),
  "test.either": (api, params, options) =>
    api.testEither(params as unknown as Card | Transfer | number, options),
  "test.elsewhere": (api, params, options) =>
    api.testElsewhere(params, options),
  "test.shop": (api, params, options, args) =>
    api.testShop(args, params, options),
  "test.shop_note": (api, _, options, args) =>
    nothing(api.testShopNote(args, options)),
};

type StreamCall = (
  api: APIClient,
  params: Echo | undefined,
  options: StreamOptions,
  args: { shop_id: string; part: string },
) => RPCStream<unknown>;

const streams: Record<string, StreamCall> = {
  "test.items": (api, params, options) => api.testItems(params, options),
  "test.items_again": (api, params, options) =>
    api.testItemsAgain(params, options),
  "test.maybe_items": (api, _, options) => api.testMaybeItems(options),
  "test.shop_items": (api, params, options, args) =>
    api.testShopItems(args, params, options),
};

/** Checks that a method of type `Promise<void>` resolves with undefined. */
async function nothing(call: Promise<void>): Promise<null> {
  const result: unknown = await call;
  if (result !== undefined) {
    throw new Error(`resolved with ${JSON.stringify(result)}`);
  }
  return null;
}

/** The arguments of all channels; each event takes some of them. */
interface ChannelArgs {
  readonly item_id: string;
  readonly topic: string;
}

/** Both forms of listening to an event. */
interface Event {
  handle(
    api: APIClient,
    args: ChannelArgs,
    handler: EventHandler<Echo>,
    options: SubscribeOptions,
  ): Unsubscribe;
  iterate(
    api: APIClient,
    args: ChannelArgs,
    options: SubscribeOptions,
  ): EventIterable<Echo>;
}

const events: Record<string, Event> = {
  "item.changed": {
    handle: (api, args, handler, options) =>
      api.onItemChanged(args, handler, options),
    iterate: (api, args, options) => api.onItemChanged(args, options),
  },
  announced: {
    handle: (api, args, handler, options) =>
      api.onAnnounced(args, handler, options),
    iterate: (api, args, options) => api.onAnnounced(args, options),
  },
  "elsewhere.heard": {
    handle: (api, _, handler, options) =>
      api.onElsewhereHeard(handler, options),
    iterate: (api, _, options) => api.onElsewhereHeard(options),
  },
  ticked: {
    handle: (api, _, handler, options) => api.onTicked(handler, options),
    iterate: (api, _, options) => api.onTicked(options),
  },
};

/** The first that fits, so subclasses come before their base. */
const errors = {
  InvalidParamsError,
  MethodNotFoundError,
  ItemNotFound,
  RPCError,
  CallTimeout,
  ConnectionLost,
  RequestTooLarge,
  NotConnected,
  EventOverflow,
  EventsLost,
  ConnectError,
};

/** What a command says; each uses some of it. */
interface Command {
  readonly id: string;
  readonly do: string;
  readonly client: string;
  readonly url: string;
  readonly token?: string;
  readonly user?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly timeout_ms?: number;
  readonly meta?: Readonly<Record<string, string>>;
  readonly method: string;
  readonly params?: Echo;
  readonly window?: number;
  readonly batch?: string;
  readonly batch_size?: number;
  readonly call: string;
  readonly stream: string;
  readonly event: string;
  readonly args: ChannelArgs & { shop_id: string; part: string };
  readonly iterate?: boolean;
  readonly since?: EventPosition;
  readonly subscription: string;
  readonly hold?: boolean;
  readonly n: number;
  readonly error?: string;
  readonly unauthorized?: boolean;
}

interface TokenRequest {
  resolve(token: string): void;
  reject(reason: Error): void;
}

interface Client {
  readonly rpc: CentrifugoRPCClient;
  readonly api: APIClient;
  readonly tokens: TokenRequest[];
  readonly handlerThrows: boolean;
  /** Of its subscriptions. */
  readonly events: SubscribeOptions;
}

interface Batch {
  readonly api: APIClient;
  /** What begins the calls that wait until all have come. */
  readonly begin: (() => void)[];
}

/** Reason of a cancelled call. */
class Cancelled extends Error {}
/** What handlers throw with the option `handler_throws`. */
class HandlerError extends Error {}

const clients = new Map<string, Client>();
const aborts = new Map<string, AbortController>();
const subscriptions = new Map<string, () => Promise<void>>();
/** What lets loops go on that are held. */
const releases = new Map<string, () => void>();
/** By client and name. */
const batches = new Map<string, Batch>();
/** Streams whose loops are to be left. */
const broken = new Set<string>();

// A handler's error is logged, as it should be: not a failure of the case.
const log = console.error;
console.error = (...args: unknown[]) => {
  if (!(args[0] instanceof HandlerError)) {
    log(...args);
  }
};

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function lookup<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key);
  if (value === undefined) {
    throw new Error(`driver: no ${key}`);
  }
  return value;
}

function entry<T>(table: Readonly<Record<string, T>>, name: string): T {
  return lookup(new Map(Object.entries(table)), name);
}

function typeOf(error: unknown): string {
  if (error instanceof Cancelled) {
    return "Cancelled";
  }
  const known = Object.entries(errors).find(
    ([, type]) => error instanceof type,
  );
  return known?.[0] ?? "Unexpected";
}

function describe(error: unknown): object {
  const type = typeOf(error);
  return {
    type,
    message:
      type === "Unexpected" || !(error instanceof Error)
        ? String(error instanceof Error ? error.stack : error)
        : error.message,
    ...(error instanceof CallError && error.method !== ""
      ? {
          method: error.method,
          correlation_id: error.correlationId,
          sent: error.sent,
        }
      : {}),
    ...((error instanceof RPCError || error instanceof ConnectError) &&
    error.code !== 0
      ? { code: error.code }
      : {}),
    ...(error instanceof RPCError && error.data !== undefined
      ? { data: error.data as unknown }
      : {}),
    ...(error instanceof InvalidParamsError ? { issues: error.issues } : {}),
    ...(error instanceof EventsLost ? { position: error.position } : {}),
  };
}

function timeout({ timeout_ms }: Command): { timeoutMs?: number } {
  return timeout_ms === undefined ? {} : { timeoutMs: timeout_ms };
}

/** Translates the options of `new`; refuses what is not known. */
function clientOptions(options: Readonly<Record<string, unknown>>): {
  options: ClientOptions;
  tokenFunction: boolean;
  subscriptionTokenFunction: boolean;
  handlerThrows: boolean;
  events: SubscribeOptions;
} {
  const {
    token_function: tokenFunction = false,
    subscription_token_function: subscriptionTokenFunction = false,
    handler_throws: handlerThrows = false,
    max_events: maxEvents,
    drop_oldest: dropOldest,
    ...rest
  } = options;
  const names: Record<string, keyof ClientOptions> = {
    timeout_ms: "timeoutMs",
    transport: "transport",
    requests_channel: "requestsChannel",
    reply_channel: "replyChannel",
    max_frame_bytes: "maxFrameBytes",
  };
  const known = Object.entries(rest).map(([name, value]) => [
    entry(names, name),
    value,
  ]);
  return {
    options: Object.fromEntries(known) as ClientOptions,
    tokenFunction: tokenFunction === true,
    subscriptionTokenFunction: subscriptionTokenFunction === true,
    handlerThrows: handlerThrows === true,
    events: { maxEvents, dropOldest } as SubscribeOptions,
  };
}

/** Nothing where the command has answered by itself. */
type Answer = object | Promise<object> | undefined;

const commands: Record<string, (command: Command) => Answer> = {
  new(command) {
    const name = command.client;
    const given = clientOptions(command.options ?? {});
    const { tokenFunction, handlerThrows, events } = given;
    const tokens: TokenRequest[] = [];
    const ask = (about: object) =>
      new Promise<string>((resolve, reject) => {
        tokens.push({ resolve, reject });
        say({ client: name, token: tokens.length, ...about });
      });
    const token: TokenSource = tokenFunction
      ? () => ask({})
      : (command.token ?? "");
    const options: ClientOptions = given.subscriptionTokenFunction
      ? {
          ...given.options,
          getSubscriptionToken: (channel) => ask({ channel }),
        }
      : given.options;
    const rpc = new CentrifugoRPCClient(
      command.url,
      token,
      command.user,
      options,
    );
    rpc.onState((state) => say({ client: name, state }));
    const api = new APIClient(rpc);
    clients.set(name, { rpc, api, tokens, handlerThrows, events });
    return { ok: true };
  },

  async connect(command) {
    const { signal } = controller(command);
    const { rpc } = lookup(clients, command.client);
    await rpc.connect({ ...timeout(command), signal });
    return { ok: true };
  },

  close({ client }) {
    lookup(clients, client).rpc.close();
    return { ok: true };
  },

  async call(command) {
    const { signal } = controller(command);
    const api = command.batch
      ? await batchOf(command, command.batch)
      : lookup(clients, command.client).api;
    const { meta, params } = command;
    const options = { ...timeout(command), signal, meta };
    const result = await entry(methods, command.method)(
      api,
      params,
      options,
      command.args,
    );
    return { result };
  },

  async stream(command) {
    const { id, meta, params, window, hold } = command;
    const { signal } = controller(command);
    const api = command.batch
      ? await batchOf(command, command.batch)
      : lookup(clients, command.client).api;
    const options = { ...timeout(command), signal, meta, window };
    signal.addEventListener("abort", () => releases.get(id)?.()); // it may be held
    for await (const item of entry(streams, command.method)(
      api,
      params,
      options,
      command.args,
    )) {
      if (broken.has(id)) {
        break;
      }
      say({ id, item });
      if (hold) {
        await new Promise<void>((resolve) => releases.set(id, resolve));
        if (broken.has(id)) {
          break;
        }
      }
    }
    return broken.has(id) ? { left: true } : { end: true };
  },

  break({ stream }) {
    if (aborts.has(stream)) {
      broken.add(stream);
      releases.get(stream)?.();
    }
    return { ok: true };
  },

  cancel({ call }) {
    aborts.get(call)?.abort(new Cancelled("cancelled"));
    return { ok: true };
  },

  subscribe(command) {
    say({ id: command.id, ok: true }); // a loop that is refused ends at once
    (command.iterate ? iterate : handle)(command);
    return undefined;
  },

  release({ subscription }) {
    releases.get(subscription)?.();
    return { ok: true };
  },

  async unsubscribe({ subscription }) {
    await lookup(subscriptions, subscription)();
    return { ok: true };
  },
};

/** Waits until all calls of a batch have come: they are to be made in one turn. */
async function batchOf(
  { client, batch_size: size }: Command,
  name: string,
): Promise<APIClient> {
  const key = `${client} ${name}`;
  const batch = batches.get(key) ?? {
    api: lookup(clients, client).api.batch(),
    begin: [],
  };
  batches.set(key, batch);
  await new Promise<void>((resolve) => {
    if (batch.begin.push(resolve) === size) {
      batch.begin.splice(0).forEach((begin) => begin());
    }
  });
  return batch.api;
}

function controller({ id }: Command): AbortController {
  const made = new AbortController();
  aborts.set(id, made);
  return made;
}

function handle({ id, client, event, args, since }: Command): void {
  const { api, handlerThrows } = lookup(clients, client);
  const onEnd = (reason?: Error) =>
    say({ id, end: reason === undefined ? true : describe(reason) });
  const handler = (payload: Echo, position?: EventPosition) => {
    say({ id, event: payload, position });
    if (handlerThrows) {
      throw new HandlerError("the handler fails");
    }
  };
  let ended = false;
  const stop = entry(events, event).handle(api, args, handler, {
    since,
    onEnd: (reason) => {
      ended = true;
      onEnd(reason);
    },
  });
  subscriptions.set(id, () => {
    stop();
    if (!ended) {
      ended = true;
      onEnd();
    }
    return Promise.resolve();
  });
}

function iterate(command: Command): void {
  const { id, client, event, args, since } = command;
  const { api, events: more } = lookup(clients, client);
  const abort = controller(command);
  let held = command.hold ?? false;
  const released = new Promise<void>((resolve) => releases.set(id, resolve));
  const run = async () => {
    try {
      const { signal } = abort;
      const loop = entry(events, event).iterate(api, args, {
        ...more,
        signal,
        since,
      });
      for await (const payload of loop) {
        say({ id, event: payload, position: loop.position });
        if (held) {
          held = false;
          await released;
        }
      }
      say({ id, end: true });
    } catch (error) {
      say({ id, end: error instanceof Cancelled ? true : describe(error) });
    }
  };
  const running = run();
  subscriptions.set(id, () => {
    abort.abort(new Cancelled("unsubscribed"));
    return running;
  });
}

function answerToken(command: Command): void {
  const { client, n, token = "", error, unauthorized } = command;
  const request = lookup(clients, client).tokens[n - 1];
  if (error === undefined) {
    request?.resolve(token);
  } else {
    request?.reject(
      unauthorized ? new UnauthorizedError(error) : new Error(error),
    );
  }
}

async function answer(command: Command): Promise<void> {
  const { id } = command;
  try {
    const told = await entry(commands, command.do)(command);
    if (told !== undefined) {
      forget(id);
      say({ id, ...told });
    }
  } catch (error) {
    forget(id);
    say({ id, error: describe(error) });
  }
}

/** Keeps nothing of a command that has ended: only clients may fill the memory. */
function forget(id: string): void {
  aborts.delete(id);
  releases.delete(id);
  broken.delete(id);
}

/**
 * How long handles of closed clients may take to end: `ws` waits 30 seconds for the other
 * side of a half-open connection.
 */
const LEAK_MS = 40_000;

/** The answers under way. */
const answers = new Set<Promise<void>>();

/** What keeps the process alive, except for its standard streams. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap");
}

/** Closes all clients and forgets them: no command and no handle may be left. */
async function reset(): Promise<void> {
  for (const { rpc } of clients.values()) {
    rpc.close();
  }
  await Promise.all(answers);
  clients.clear();
  aborts.clear();
  subscriptions.clear();
  releases.clear();
  broken.clear();
  batches.clear();
  const deadline = Date.now() + LEAK_MS;
  while (handles().length > 0) {
    if (Date.now() > deadline) {
      throw new Error(`still open: ${handles().join(", ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1).unref());
  }
}

// Events, unlike iteration, do not put off a command until the one before has run.
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line) as Command;
    if (command.do === "token") {
      answerToken(command);
      return;
    }
    if (command.do === "reset") {
      void reset().then(() => say({ id: command.id, ok: true }));
      return;
    }
    const answered = answer(command).finally(() => answers.delete(answered));
    answers.add(answered);
  })
  .on("close", () => void reset());
