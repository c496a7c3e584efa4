import { useState } from "react";
import { TaskNotFound } from "./api/index.js";
import { useAPI, useConnectionState, useEvent, useRPC } from "./api/react.js";

/** Everything that the hooks tell. */
export function Tasks() {
  const [project, setProject] = useState("website");
  const [events, setEvents] = useState(0);
  const [seen, setSeen] = useState("");
  const state = useConnectionState();
  const api = useAPI();
  const stats = useRPC("tasks.get_stats", { user_id: "456" });
  const count = useRPC("tasks.count", { project_id: project });
  const nobody = useRPC("tasks.get", { task_id: crypto.randomUUID() }, OFF);
  const missing = useRPC("tasks.get", MISSING);
  useEvent("task.updated", { project_id: project }, ({ task }) => {
    setEvents(events + 1); // a handler that is not the latest would stay at 1
    setSeen(task.project);
  });
  useEvent("system.maintenance", () => undefined, OFF);

  return (
    <section>
      <p id="state">{state}</p>
      <p id="stats">
        {stats.data && `${stats.data.user_id} has ${stats.data.total} tasks`}
      </p>
      <p id="count">
        {count.isPending ? "pending" : `${project}: ${count.data}`}
      </p>
      <p id="missing">
        {missing.error instanceof TaskNotFound && missing.error.code}
      </p>
      <p id="off">{`${nobody.isPending} ${nobody.data}`}</p>
      <p id="events">{events}</p>
      <p id="seen">{seen}</p>
      <button id="refetch" onClick={stats.refetch}>
        Refetch
      </button>
      <button id="other" onClick={() => setProject("closed")}>
        Other project
      </button>
      <button
        id="create"
        onClick={() =>
          void api.tasksCreate({ project_id: project, title: "x" })
        }
      >
        Create
      </button>
    </section>
  );
}

const OFF = { enabled: false };
const MISSING = { task_id: "00000000-0000-4000-8000-000000000000" };
