// Calls the API once. Nothing but close() may be needed for the process to end.
import { APIClient, CentrifugoRPCClient } from "centrifugo-client";

const [url, token] = process.argv.slice(2);
const rpc = new CentrifugoRPCClient(url, token);
await rpc.connect();
const stats = await new APIClient(rpc).tasksGetStats({ user_id: "456" });
console.log(`${stats.user_id} has ${stats.total} tasks`);
rpc.close();
