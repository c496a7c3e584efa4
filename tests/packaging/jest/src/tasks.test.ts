import { expect, test } from "@jest/globals";
import {
  APIClient,
  CentrifugoRPCClient,
  NotConnected,
  type RPCCaller,
} from "./api/index.js";

test("a fake answers", async () => {
  const fake: RPCCaller = {
    call: <Result>() => Promise.resolve({ total: 7 } as Result),
    subscribe: () => () => undefined,
  };
  const stats = await new APIClient(fake).tasksGetStats({ user_id: "456" });
  expect(stats.total).toBe(7);
});

test("the demo answers", async () => {
  const rpc = new CentrifugoRPCClient(
    process.env["DEMO_URL"] ?? "",
    process.env["DEMO_TOKEN"] ?? "",
  );
  await rpc.connect();
  const api = new APIClient(rpc);
  const stats = await api.tasksGetStats({ user_id: "456" });
  expect(stats.user_id).toBe("456");
  rpc.close();
  const late = api.tasksGetStats({ user_id: "456" });
  await expect(late).rejects.toThrow(NotConnected);
});
