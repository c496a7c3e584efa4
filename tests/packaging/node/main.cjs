// Calls the API once, as a CommonJS module.
const { APIClient, CentrifugoRPCClient } = require("centrifugo-client");

async function main() {
  const [url, token] = process.argv.slice(2);
  const rpc = new CentrifugoRPCClient(url, token);
  const stats = await new APIClient(rpc).tasksGetStats({ user_id: "456" });
  console.log(`${stats.user_id} has ${stats.total} tasks`);
  rpc.close();
}

void main();
