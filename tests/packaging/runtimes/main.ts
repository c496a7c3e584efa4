// Calls the API once, from its sources. Nothing is compiled before.
import { APIClient, CentrifugoRPCClient, TaskStatus } from "./api/index.ts";

const [url = "", token = ""] = (
  globalThis as unknown as { process: { argv: string[] } }
).process.argv.slice(2);
const rpc = new CentrifugoRPCClient(url, token);
const stats = await new APIClient(rpc).tasksGetStats({ user_id: "456" });
if (TaskStatus.OPEN !== "open") {
  throw new Error("the constants are others");
}
console.log(`${stats.user_id} has ${stats.total} tasks`);
rpc.close();
