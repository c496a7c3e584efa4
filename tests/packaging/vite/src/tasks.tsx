import { useEffect, useState } from "react";
import {
  APIClient,
  CentrifugoRPCClient,
  type TaskStatsResult,
} from "./api/index.js";

const page = new URLSearchParams(location.search);
const rpc = new CentrifugoRPCClient(
  page.get("url") ?? "",
  page.get("token") ?? "",
);
const api = new APIClient(rpc);

/** What the connection did, what a call returned, and how many events came. */
export function Tasks() {
  const [states, setStates] = useState<string[]>([]);
  const [stats, setStats] = useState<TaskStatsResult>();
  const [calls, setCalls] = useState(0);
  const [events, setEvents] = useState(0);
  const [failure, setFailure] = useState("");

  const call = () =>
    api.tasksGetStats({ user_id: "456" }).then(
      (result) => {
        setStats(result);
        setCalls((n) => n + 1);
      },
      (error: unknown) => setFailure(String(error)),
    );

  useEffect(() => {
    const forget = rpc.onState((state) => setStates((all) => [...all, state]));
    rpc.connect().catch(() => undefined); // the states tell
    api.onTaskUpdated({ project_id: "website" }, () => setEvents((n) => n + 1));
    return () => {
      rpc.close();
      forget();
    };
  }, []);

  return (
    <main>
      <p id="states">{states.join(" ")}</p>
      <p id="stats">{stats && `${stats.user_id} has ${stats.total} tasks`}</p>
      <p id="calls">{calls}</p>
      <p id="events">{events}</p>
      <p id="failure">{failure}</p>
      <button onClick={call}>Call</button>
    </main>
  );
}
