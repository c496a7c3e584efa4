import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { CentrifugoRPCClient, Task } from "./api/index.js";
import { RPCQueries } from "./api/tanstack-query.js";

/** The same through TanStack Query. */
export function Queries({ rpc }: { rpc: CentrifugoRPCClient }) {
  const queries = useMemo(() => new RPCQueries(rpc), [rpc]);
  const queryClient = useQueryClient();
  const [id, setId] = useState("");
  const projects = useQuery(queries.queryOptions("projects.list"));
  const count = useQuery(
    queries.queryOptions("tasks.count", { project_id: "website" }),
  );
  const cleared = useQuery(queries.queryOptions("cache.clear"));
  const create = useMutation({
    ...queries.mutationOptions("tasks.create"),
    onSuccess: () =>
      queryClient.invalidateQueries({
        queryKey: queries.queryKey("tasks.count"),
      }),
  });
  // An event fills this one: it is never fetched.
  const task = useQuery({
    ...queries.queryOptions("tasks.get", { task_id: id }),
    enabled: false,
  });

  useEffect(
    () =>
      queries.onEvent(
        queryClient,
        "task.updated",
        { project_id: "website" },
        (payload, cache) => {
          const params = { task_id: payload.task.id };
          cache.update("tasks.get", params, payload.task);
          setId(payload.task.id);
        },
      ),
    [queries, queryClient],
  );

  const cached: Task | undefined = queryClient.getQueryData(
    queries.queryKey("tasks.get", { task_id: id }),
  );
  return (
    <section>
      <p id="projects">{projects.data?.length}</p>
      <p id="query-count">{count.data}</p>
      <p id="cleared">{String(cleared.data)}</p>
      <p id="task">
        {task.data?.id === cached?.id ? task.data?.project : "differs"}
      </p>
      <button
        id="mutate"
        onClick={() => create.mutate({ project_id: "website", title: "x" })}
      >
        Create
      </button>
    </section>
  );
}
