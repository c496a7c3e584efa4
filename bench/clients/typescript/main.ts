// Times the generated TypeScript client and a handwritten one on the official SDK.
//
//   node main.js URL PAIRS CALLS USER TOKEN USER TOKEN
//
// The first user is for the generated client, the second for the handwritten one. Each
// measurement is a line of JSON on standard output.
import { randomUUID } from "node:crypto";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { APIClient, CentrifugoRPCClient } from "./opensdk/typescript/index.js";

/** A handwritten client without types, errors and deadlines. */
class Baseline {
  readonly centrifuge: Centrifuge;
  private readonly replyTo: string;
  private readonly pending = new Map<string, (result: unknown) => void>();

  constructor(url: string, token: string, user: string) {
    this.replyTo = `user#${user}`;
    this.centrifuge = new Centrifuge(url, { token, websocket: WebSocket });
    this.centrifuge.on("publication", ({ data }) => {
      const resolve = this.pending.get(data.correlation_id);
      this.pending.delete(data.correlation_id);
      resolve?.(data.result);
    });
  }

  call(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const correlation_id = randomUUID();
      this.pending.set(correlation_id, resolve);
      const reply_to = this.replyTo;
      this.centrifuge
        .publish("rpc.requests", { method, params, correlation_id, reply_to })
        .catch(reject);
    });
  }
}

/** Makes calls, up to `in_flight` at a time, and prints how long they took. */
async function measure(
  name: string,
  call: () => Promise<unknown>,
  calls: number,
  in_flight: number,
): Promise<void> {
  const latencies: number[] = [];
  const numbers = Array(calls).keys();
  const work = async () => {
    while (!numbers.next().done) {
      const start = performance.now();
      await call();
      latencies.push((performance.now() - start) / 1000);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: in_flight }, work));
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ name, in_flight, seconds, latencies }));
}

const [
  url = "",
  pairs,
  calls,
  user,
  token = "",
  byHandUser = "",
  byHandToken = "",
] = process.argv.slice(2);
const baseline = new Baseline(url, byHandToken, byHandUser);
baseline.centrifuge.connect();
await baseline.centrifuge.ready();
const rpc = new CentrifugoRPCClient(url, token, user);
await rpc.connect();
const api = new APIClient(rpc);
const params = { user_id: "456" };
const methods = [
  ["client", () => api.tasksGetStats(params)],
  ["baseline", () => baseline.call("tasks.get_stats", params)],
] as const;
for (const inFlight of [1, 64]) {
  // The first pair is for warming up.
  for (let pair = 0; pair <= Number(pairs); pair++) {
    const order = pair % 2 === 0 ? methods : [...methods].reverse();
    for (const [name, call] of order) {
      await measure(name, call, Number(calls), inFlight);
    }
  }
}
rpc.close();
baseline.centrifuge.disconnect();
