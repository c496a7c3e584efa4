// One run of the generated TypeScript client; ../README.md says what it shows.
//
//   node main.js URL TOKEN USER OPTIONS CALLS IN_FLIGHT
//
// OPTIONS is a JSON object with "transport", "requests_channel" and "reply_channel", none
// of which is needed. The last line on standard output is the summary, one JSON object.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  APIClient,
  CallError,
  CallTimeout,
  CentrifugoRPCClient,
  ConnectionLost,
  InvalidParamsError,
  MethodNotFoundError,
  NotConnected,
  ProjectClosed,
  RPCError,
  RequestTooLarge,
  TaskNotFound,
  type RPCMethod,
  type Task,
  type TaskUpdated,
} from "./opensdk/typescript/index.js";

/** Bounds every wait: it ends a run that hangs, and decides nothing else. */
const PATIENCE_MS = 30_000;

const NO_METHOD: RPCMethod<void> = { name: "no.such_method" };
const TEST_ERROR: RPCMethod<void> = { name: "test.error" };
const TEST_SLEEP: RPCMethod<void> = { name: "test.sleep" };
const TEST_DISCONNECT: RPCMethod<void> = { name: "test.disconnect" };
const LONG_SLEEP = { ms: 600_000 };
/** Outlasts a connection whose pings, one in three seconds, are not answered. */
const SLOW = { ms: 6_500 };

/** What the run prints at its end. */
interface Summary {
  ok: number;
  lost: number;
  /** Under way when a connection was lost, and no reply came over the next one. */
  timed_out: number;
  /** Lost or timed out, by method. */
  failed: Record<string, number>;
  /** Lost or timed out, though they certainly did not run, as the client says. */
  unsent: number;
  /** Under way when a connection was lost, and ended well all the same. */
  survived: number;
  /** Connections that were lost while the calls ran. */
  losses: number;
  events: number;
  /** Types of errors, as they were provoked. */
  errors: string[];
  /** What should not have happened. */
  failures: string[];
}

/** A connected client, and what all calls of a run share. */
class Run {
  readonly rpc: CentrifugoRPCClient;
  readonly api: APIClient;
  readonly user: string;
  readonly summary: Summary = {
    ok: 0,
    lost: 0,
    timed_out: 0,
    failed: {},
    unsent: 0,
    survived: 0,
    losses: 0,
    events: 0,
    errors: [],
    failures: [],
  };
  /** The task that all updates change: its project's events are listened to. */
  shared = "";
  private readonly awaited = new Map<string, (event: TaskUpdated) => void>();

  constructor(rpc: CentrifugoRPCClient, user: string) {
    this.rpc = rpc;
    this.api = new APIClient(rpc);
    this.user = user;
  }

  /** Creates a task, and checks that the reply is to this very call. */
  async create(project_id: string, title: string): Promise<Task> {
    const task = await this.api.tasksCreate({ project_id, title });
    assert.equal(task.project, project_id);
    assert.equal(task.title, title);
    return task;
  }

  /** Gives the shared task a title that no other update gives; returns its event. */
  async update(title: string): Promise<{ event: Promise<TaskUpdated> }> {
    const event = new Promise<TaskUpdated>((resolve) =>
      this.awaited.set(title, resolve),
    );
    const task = await this.api.tasksUpdate({ task_id: this.shared, title });
    assert.equal(task.title, title);
    return { event };
  }

  /** Hands an event to the update that caused it. */
  onEvent(event: TaskUpdated): void {
    this.summary.events++;
    const { title } = event.task;
    const resolve = this.awaited.get(title);
    if (resolve === undefined) {
      this.summary.failures.push(`event ${title} is nobody's, or comes twice`);
    }
    this.awaited.delete(title);
    resolve?.(event);
  }
}

/**
 * A call. It is told a mark that no other call has, and a task that no other call in
 * flight uses; what comes back must show one of them.
 */
type Check = (run: Run, mark: string, own: Task) => Promise<void>;

const METHODS: readonly Check[] = [
  async function getStats({ api }, mark) {
    const stats = await api.tasksGetStats({ user_id: mark });
    assert.equal(stats.user_id, mark);
  },

  async function create(run, mark) {
    await run.create(`${run.user}.new`, mark);
  },

  /** The title comes back in the result, and in an event. */
  async function update(run, mark) {
    const { event } = await run.update(mark);
    const { changes, by } = await within(PATIENCE_MS, event);
    const change = changes.find(({ member }) => member === "title");
    assert.equal(change?.after, mark);
    assert.equal(by?.id, run.user);
  },

  async function get({ api }, _, own) {
    assert.deepEqual(await api.tasksGet({ task_id: own.id }), own);
  },

  /** The only task of a project comes back. */
  async function list({ api }, _, own) {
    const page = await api.tasksList({ project_id: own.project });
    assert.deepEqual(page, { items: [own], next_cursor: null, total: 1 });
  },

  /** The only task with a title comes back. */
  async function search({ api }, _, own) {
    const hits = await api.tasksSearch({ text: own.title });
    assert.deepEqual(hits, [
      {
        task: own,
        score: 1,
        highlights: { title: [[0, own.title.length]] },
      },
    ]);
  },

  /** A success says nothing, so a task is deleted that is not there: its id comes. */
  async function deleteMissing({ api }) {
    const task_id = randomUUID();
    const error: unknown = await api.tasksDelete({ task_id }).catch((e) => e);
    if (!(error instanceof TaskNotFound)) {
      throw error ?? new Error("no TaskNotFound");
    }
    assert.equal(error.data.task_id, task_id);
  },

  /** A notification: nothing comes back. */
  async function seen({ api }, _, own) {
    await api.tasksSeen({
      task_id: own.id,
      seen_at: new Date().toISOString(),
    });
  },

  /** No params, so that all replies are alike. */
  async function listProjects({ api }) {
    const projects = await api.projectsList();
    assert.ok(projects.some(({ id }) => id === "website"));
  },

  async function saveProject({ api }, mark) {
    const saved = await api.projectsSave({ id: "e2e", title: mark });
    assert.equal(saved.title, mark);
  },

  /** A number comes back, which tells only two kinds of calls apart. */
  async function count({ api }, mark, own) {
    const open = /[048]$/.test(mark);
    const params = {
      project_id: own.project,
      status: open ? "open" : "done",
    } as const;
    assert.equal(await api.tasksCount(params), open ? 1 : 0);
  },

  /** Nothing goes and nothing comes back. */
  async function clearCache({ api }) {
    await api.cacheClear();
  },
];

/** Calls one method after another, and notes how each call ends. */
async function work(
  run: Run,
  numbers: Iterator<number>,
  own: Task,
): Promise<void> {
  const { summary } = run;
  for (let next = numbers.next(); !next.done; next = numbers.next()) {
    const method = METHODS[next.value % METHODS.length] as Check;
    const { losses } = summary;
    try {
      await method(run, `${run.user} ${next.value}`, own);
      summary.ok++;
      summary.survived += Number(summary.losses > losses);
    } catch (error) {
      if (error instanceof ConnectionLost) {
        summary.lost++;
        countFailed(summary, error);
      } else if (error instanceof CallTimeout && summary.losses > losses) {
        summary.timed_out++;
        countFailed(summary, error);
      } else {
        summary.failures.push(`${method.name} ${next.value}: ${String(error)}`);
      }
    }
  }
}

/** Counts a call that was lost or timed out. */
function countFailed(summary: Summary, error: CallError): void {
  const { failed } = summary;
  failed[error.method] = (failed[error.method] ?? 0) + 1;
  summary.unsent += Number(!error.sent);
}

/** Makes all calls, with events on, and watches the connection meanwhile. */
async function makeCalls(
  run: Run,
  calls: number,
  inFlight: number,
): Promise<void> {
  run.shared = (await run.create(run.user, "shared")).id;
  const names = Array.from({ length: inFlight }, (_, i) => `${run.user}.${i}.`);
  const owned = await Promise.all(names.map((name) => run.create(name, name)));
  const unsubscribe = run.api.onTaskUpdated({ project_id: run.user }, (event) =>
    run.onEvent(event),
  );
  for (let tries = 1; run.summary.events === 0; tries++) {
    await run.update(`try ${tries}`); // a subscription does not say when it has begun
  }
  const unwatch = run.rpc.onState((state) => {
    run.summary.losses += Number(state === "connecting");
  });
  const numbers = Array(calls).keys();
  await Promise.all(owned.map((task) => work(run, numbers, task)));
  unwatch();
  unsubscribe();
}

/** Returns the error that a call fails with, after a look at all it must tell. */
async function provoke<E extends CallError>(
  run: Run,
  kind: abstract new (...args: never) => E,
  method: string,
  call: Promise<unknown>,
  sent: boolean,
): Promise<E> {
  const error = await call.then(
    () => assert.fail(`${method}: no ${kind.name}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof kind, `${method}: ${String(error)}`);
  assert.equal(error.constructor, kind);
  assert.equal(error.name, kind.name);
  assert.equal(error.method, method);
  assert.notEqual(error.correlationId, "");
  assert.equal(error.sent, sent, `${method}: sent`);
  run.summary.errors.push(kind.name);
  return error;
}

/** Sees every error that is an answer of the server. */
async function provokeAnswers(run: Run): Promise<void> {
  const { api, rpc } = run;
  const params = { code: 4711, message: "odd", data: { a: 1 } };
  const failing = rpc.call(TEST_ERROR, params);
  const odd = await provoke(run, RPCError, "test.error", failing, true);
  assert.deepEqual([odd.code, odd.data], [4711, { a: 1 }]);

  const listing = api.tasksList({ project_id: "website", cursor: "no number" });
  const invalid = await provoke(
    run,
    InvalidParamsError,
    "tasks.list",
    listing,
    true,
  );
  assert.deepEqual(
    invalid.issues.map(({ loc }) => loc),
    [["cursor"]],
  );

  const unknown = rpc.call(NO_METHOD, undefined);
  await provoke(run, MethodNotFoundError, NO_METHOD.name, unknown, false);

  const { id } = await run.create(run.user, "short-lived");
  await api.tasksDelete({ task_id: id });
  const getting = api.tasksGet({ task_id: id });
  const missing = await provoke(run, TaskNotFound, "tasks.get", getting, true);
  assert.equal(missing.data.task_id, id);
  assert.equal(typeof missing.data.deleted_at, "string");

  const creating = api.tasksCreate({ project_id: "closed", title: "x" });
  await provoke(run, ProjectClosed, "tasks.create", creating, true);
}

/** Sees every error that the client finds by itself; the connection ends for good. */
async function provokeOthers(run: Run): Promise<void> {
  const { api, rpc } = run;
  await rpc.call(TEST_SLEEP, SLOW, { timeoutMs: 60_000 });
  const sleep = TEST_SLEEP.name;
  const sleeping = rpc.call(TEST_SLEEP, LONG_SLEEP, { timeoutMs: 1000 });
  await provoke(run, CallTimeout, sleep, sleeping, true);

  const creating = api.tasksCreate({
    project_id: "website",
    title: "x",
    body: "x".repeat(100_000),
  });
  await provoke(run, RequestTooLarge, "tasks.create", creating, false);

  const controller = new AbortController();
  const { signal } = controller;
  const givenUp = rpc.call(TEST_SLEEP, LONG_SLEEP, { signal });
  await api.cacheClear(); // whose request goes after the other
  controller.abort();
  await assert.rejects(givenUp, (reason) => reason === signal.reason);
  run.summary.errors.push("Cancelled");

  const leaving = rpc.call(TEST_DISCONNECT, { code: 4500, reason: "for good" });
  await provoke(run, ConnectionLost, TEST_DISCONNECT.name, leaving, true);
  await provoke(run, NotConnected, "cache.clear", api.cacheClear(), false);
}

/** Rejects if a promise takes too long. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function main(): Promise<void> {
  const [url = "", token = "", user = "", json = "", calls, inFlight] =
    process.argv.slice(2);
  const options = JSON.parse(json) as {
    readonly transport?: "pubsub" | "rpc";
    readonly requests_channel?: string;
    readonly reply_channel?: string;
  };
  const rpc = new CentrifugoRPCClient(url, token, user, {
    transport: options.transport,
    requestsChannel: options.requests_channel,
    replyChannel: options.reply_channel,
  });
  await rpc.connect();
  const run = new Run(rpc, user);
  try {
    await makeCalls(run, Number(calls), Number(inFlight));
    await provokeAnswers(run);
    await provokeOthers(run);
  } catch (error) {
    run.summary.failures.push(String(error));
  }
  rpc.close();
  process.stdout.write(`${JSON.stringify(run.summary)}\n`);
}

await main();
