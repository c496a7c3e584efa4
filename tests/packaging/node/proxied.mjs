// Calls the API once, through a proxy.
import { APIClient, CentrifugoRPCClient } from "centrifugo-client";
import { HttpsProxyAgent } from "https-proxy-agent";
import { WebSocket } from "ws";

const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY);

class ProxiedWebSocket extends WebSocket {
  constructor(url, protocols = []) {
    super(url, protocols, { agent });
  }
}

const [url, token] = process.argv.slice(2);
const rpc = new CentrifugoRPCClient(url, token, undefined, {
  websocket: ProxiedWebSocket,
});
await rpc.connect();
const stats = await new APIClient(rpc).tasksGetStats({ user_id: "456" });
console.log(`${stats.user_id} has ${stats.total} tasks`);
rpc.close();
