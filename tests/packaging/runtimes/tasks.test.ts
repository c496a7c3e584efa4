import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import {
  APIClient,
  FakeRPC,
  MethodNotFoundError,
  type Events,
  type Methods,
  type Task,
} from "./api/index.ts";
import { RPCQueries } from "./api/tanstack-query.ts";

const task = { id: "t1", title: "Write" } as Task;

test("a fake answers, and hands out events", async () => {
  const fake = new FakeRPC<Methods, Events>({ "tasks.get": () => task });
  const api = new APIClient(fake);
  expect(await api.tasksGet({ task_id: "t1" })).toBe(task);
  await expect(api.projectsList()).rejects.toThrow(MethodNotFoundError);

  const titles: string[] = [];
  const stop = api.onTaskUpdated({ project_id: "website" }, (payload) =>
    titles.push(payload.task.title),
  );
  const payload = { task, changes: [], by: null };
  fake.emit("task.updated", { project_id: "other" }, payload);
  fake.emit("task.updated", { project_id: "website" }, payload);
  stop();
  fake.emit("task.updated", { project_id: "website" }, payload);
  expect(titles).toEqual(["Write"]);
});

test("queries fetch, and are cancelled", async () => {
  let cancelled = false;
  const queries = new RPCQueries(
    new FakeRPC<Methods, Events>({
      "cache.clear": () => undefined,
      "tasks.count": (params, { signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => {
            cancelled = params.project_id === "website";
            reject(signal.reason);
          });
        }),
    }),
  );
  const client = new QueryClient();
  expect(await client.fetchQuery(queries.queryOptions("cache.clear"))).toBe(
    null,
  );
  const options = queries.queryOptions("tasks.count", {
    project_id: "website",
  });
  expect(options.queryKey).toEqual(["tasks.count", { project_id: "website" }]);
  const result = client.fetchQuery(options);
  result.catch(() => undefined);
  await client.cancelQueries({ queryKey: queries.queryKey("tasks.count") });
  expect(cancelled).toBe(true);
});

test("only idempotent methods are tried again", () => {
  const queries = new RPCQueries(new FakeRPC<Methods, Events>());
  const get = queries.queryOptions("tasks.get", { task_id: "t1" });
  expect("retry" in get).toBe(false);
  expect(queries.queryOptions("tasks.search").retry).toBe(false);
});

test("events update and invalidate", async () => {
  let fetched = 0;
  const fake = new FakeRPC<Methods, Events>({
    "tasks.count": () => ++fetched,
  });
  const queries = new RPCQueries(fake);
  const client = new QueryClient();
  const count = queries.queryOptions("tasks.count", { project_id: "website" });
  await client.fetchQuery(count);
  const stop = queries.onEvent(
    client,
    "task.updated",
    { project_id: "website" },
    (payload, cache) => {
      cache.update("tasks.get", { task_id: payload.task.id }, payload.task);
      cache.invalidate("tasks.count");
    },
  );
  const payload = { task, changes: [], by: null };
  fake.emit("task.updated", { project_id: "website" }, payload);
  const key = queries.queryKey("tasks.get", { task_id: "t1" });
  expect(client.getQueryData(key)).toBe(task);
  expect(client.getQueryState(count.queryKey)?.isInvalidated).toBe(true);
  await client.fetchQuery(count);
  expect(fetched).toBe(2);
  stop();
  fake.emit("task.updated", { project_id: "website" }, payload);
  expect(client.getQueryState(count.queryKey)?.isInvalidated).toBe(false);
});
