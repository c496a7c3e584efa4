import { expect, test } from "@jest/globals";
import {
  APIClient,
  CentrifugoRPCClient,
  FakeRPC,
  NotConnected,
  type Events,
  type Methods,
} from "./api";

test("a fake answers", async () => {
  const fake = new FakeRPC<Methods, Events>({
    "tasks.count": ({ project_id }) => project_id.length,
  });
  const api = new APIClient(fake);
  expect(await api.tasksCount({ project_id: "website" })).toBe(7);
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
