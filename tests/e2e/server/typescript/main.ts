// Calls every method of the example through its TypeScript client; see ../README.md.
//
//   node main.js CONFIG
//
// CONFIG is a JSON object: url, token, user, transport, project, tasks (three ids). The last
// line on standard output is a JSON object: results by method, errors, and events.
import {
  APIClient,
  CentrifugoRPCClient,
  InvalidParamsError,
  PresenceStatus,
  Priority,
  RPCError,
  type TaskUpdated,
} from "./opensdk/typescript/index.js";

interface Config {
  readonly url: string;
  readonly token: string;
  readonly user: string;
  readonly transport: "pubsub" | "rpc";
  readonly project: string;
  readonly tasks: readonly [string, string, string];
}

interface Failure {
  type: string;
  code: number;
  message: string;
  data: unknown;
}

const DUE = "2030-01-31T08:30:00.123456Z";
/** Longer than anything takes: it ends a run that hangs, and decides nothing else. */
const LONG_MS = 60_000;

const config = JSON.parse(process.argv[2] ?? "") as Config;
const { user, transport, project: project_id } = config;
const [first, second, missing] = config.tasks;
const project = { project_id };
const rpc = new CentrifugoRPCClient(config.url, config.token, user, {
  transport,
  // No call that sets its own timeout may set a longer one with native RPC.
  timeoutMs: LONG_MS,
});
const api = new APIClient(rpc);
const results: [string, unknown][] = [];
const errors: Failure[] = [];
const events: TaskUpdated[] = [];

/** Keeps a result. */
async function note(method: string, call: Promise<unknown>): Promise<void> {
  results.push([method, (await call) ?? null]);
}

/** Returns the error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<Failure[]> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RPCError)) throw error;
    const { name: type, code, message } = error;
    const data: unknown =
      error instanceof InvalidParamsError ? error.issues : error.data;
    return [{ type, code, message, data: data ?? null }];
  }
  return [];
}

/** Keeps the error that a call ends with. */
async function fail(call: Promise<unknown>): Promise<void> {
  errors.push(...(await failure(call)));
}

/** Waits until events come: a subscription does not say when it has begun. */
async function begin(): Promise<void> {
  let begun = false;
  api.onTaskUpdated(project, (event) => {
    begun = true;
    if (event.task.title !== "try") events.push(event);
  });
  while (!begun) await api.tasksAdd({ project_id, title: "try" });
  await fail(api.tasksClear(project));
  await note("faults.promote", api.faultsPromote());
  await api.tasksClear(project);
}

/** Calls every method, with values of all types. */
async function callAll(): Promise<void> {
  await note("system.health", api.systemHealth({ include_services: true }));
  const away = {
    user_id: user,
    status: PresenceStatus.AWAY,
    message: "back at 5 — 再见",
  };
  await note("users.update_presence", api.usersUpdatePresence(away));
  const online = { user_id: user, status: "online", message: null } as const;
  await note("users.update_presence", api.usersUpdatePresence(online));
  const full = {
    id: first,
    project_id,
    title: 'All of it: <b>"é"</b>\n',
    priority: Priority.HIGH,
    tags: ["a", "b"],
    assignee: {
      kind: "team" as const,
      name: "core",
      members: ["1", "2"].map((user_id) => ({
        kind: "person" as const,
        user_id,
      })),
    },
    estimate: "12.50",
    due: DUE,
  };
  await note("tasks.add", api.tasksAdd(full));
  const least = { id: second, project_id, title: "Least" };
  await note("tasks.add", api.tasksAdd(least));
  await note("tasks.get", api.tasksGet({ task_id: first }));
  for (const filter of [
    null,
    { kind: "tag" as const, tag: "b" },
    {
      kind: "due" as const,
      between: [DUE.replace("31", "30"), "2030-02-01T08:30:00.123456Z"] as [
        string,
        string,
      ],
    },
  ]) {
    const search = { project_id, filter, limit: 10 };
    await note("tasks.search", api.tasksSearch(search));
  }
  await note("tasks.list", api.tasksList(project));
  await note("tasks.get_stats", api.tasksGetStats(project));
  await note("tasks.seen", api.tasksSeen({ task_id: second }));
  while ((await api.tasksGet({ task_id: second })).views === 0);
  if (transport !== "rpc") {
    const pieces: string[] = [];
    for await (const piece of api.tasksSummarize(project)) {
      pieces.push(piece);
    }
    results.push(["tasks.summarize", pieces]);
  }
  const finish = { task_id: second, at: "2030-02-01T00:00:00Z" };
  await note("tasks.finish", api.tasksFinish(finish));
  await note("tasks.clear", api.tasksClear(project));
}

/** Sees each error that a server can answer with. */
async function provokeAll(): Promise<void> {
  await fail(api.tasksGet({ task_id: missing }));
  const wrong = {
    project_id: "No!",
    priority: 7,
    tags: ["", 1],
    due: "now",
  };
  await fail(rpc.call({ name: "tasks.add" }, wrong));
  await fail(rpc.call({ name: "no.such_method" }, undefined));
  await fail(rpc.call({ name: "m".repeat(300) }, undefined));
  await fail(api.faultsParse());
  await fail(api.faultsCrash());
  await fail(api.faultsFlood());
  await provokeOverload();
}

/** Sees that there is place for two calls, and that their deadline ends them. */
async function provokeOverload(): Promise<void> {
  for (;;) {
    const hold = (): Promise<Failure[]> =>
      failure(api.faultsHold({ timeoutMs: LONG_MS }));
    const seen = (await Promise.all([hold(), hold(), hold()])).flat();
    seen.sort((a, b) => b.code - a.code);
    if (seen.map(({ code }) => code).join() === "-32000,-32000,-32003") {
      errors.push(...seen.slice(1));
      return;
    }
  }
}

/** Uses all calls up that a user has, and sees the worker go. */
async function end(): Promise<void> {
  const waiting = failure(api.faultsWait({ timeoutMs: LONG_MS }));
  const before = errors.length;
  while (errors.length === before) await fail(api.systemHealth());
  process.stdout.write("limited\n");
  errors.push(...(await waiting));
}

await rpc.connect();
await begin();
await callAll();
while (events.length < 3)
  await new Promise((resolve) => setTimeout(resolve, 5));
await provokeAll();
await end();
rpc.close();
process.stdout.write(`${JSON.stringify({ results, errors, events })}\n`);
