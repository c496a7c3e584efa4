// What the compiler is to accept, and what not. Nothing here is run.
import {
  useMutation,
  useQuery,
  useSuspenseQuery,
  type QueryClient,
} from "@tanstack/react-query";
import type { PageTask, SearchHit, Task } from "./api/index.js";
import { useEvent, useRPC } from "./api/react.js";
import type { RPCQueries } from "./api/tanstack-query.js";

function same<A, B>(
  _: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : false,
): void {}

export function useHooks(): void {
  const list = useRPC("tasks.list", { project_id: "website" });
  same<typeof list.data, PageTask | undefined>(true);
  const hits = useRPC("tasks.search");
  same<typeof hits.data, SearchHit[] | undefined>(true);
  useRPC("projects.list", undefined, { timeoutMs: 100 });
  // @ts-expect-error it takes params
  useRPC("tasks.list");
  // @ts-expect-error no such method
  useRPC("tasks.lost");
  // @ts-expect-error no such param
  useRPC("tasks.list", { project: "website" });

  useEvent("system.maintenance", ({ reason }) => reason);
  useEvent("task.updated", { project_id: "website" }, ({ task }) => task.title);
  // @ts-expect-error its channel takes params
  useEvent("task.updated", () => undefined);
  // @ts-expect-error a string
  useEvent("system.maintenance", ({ reason }) => reason.nothing);
}

export function useQueries(
  queries: RPCQueries,
  queryClient: QueryClient,
): void {
  const list = useQuery(
    queries.queryOptions("tasks.list", { project_id: "website" }),
  );
  same<typeof list.data, PageTask | undefined>(true);
  same<typeof list.error, Error | null>(true);
  const count = useQuery({
    ...queries.queryOptions("tasks.search"),
    select: (hits) => hits.length,
  });
  same<typeof count.data, number | undefined>(true);
  const ready = useSuspenseQuery(queries.queryOptions("projects.list"));
  same<(typeof ready.data)[number]["id"], string>(true);
  const key = queries.queryKey("tasks.get", { task_id: "1" });
  const task: Task | undefined = queryClient.getQueryData(key);
  void task;
  // @ts-expect-error it takes params
  queries.queryOptions("tasks.list");

  const create = useMutation(queries.mutationOptions("tasks.create"));
  create.mutate({ project_id: "website", title: "x" });
  same<typeof create.data, Task | undefined>(true);
  // @ts-expect-error it takes params
  create.mutate();
  useMutation(queries.mutationOptions("cache.clear")).mutate();
  queries.onEvent(
    queryClient,
    "system.maintenance",
    undefined,
    (payload, cache) => {
      same<typeof payload.reason, string>(true);
      cache.invalidate("tasks.list");
      cache.update(
        "tasks.count",
        { project_id: "website" },
        (last = 0) => last + 1,
      );
      // @ts-expect-error a number
      cache.update("tasks.count", { project_id: "website" }, "1");
    },
  );
}
