"use client";

import { APIClient, CentrifugoRPCClient } from "centrifugo-client";
import { useEffect, useState } from "react";

/** Made on the server, too; it connects in the browser. */
export function Tasks({ url, token }: { url: string; token: string }) {
  const [rpc] = useState(() => new CentrifugoRPCClient(url, token));
  const [shown, setShown] = useState<string>(rpc.state);

  useEffect(() => {
    const load = async () => {
      await rpc.connect();
      const stats = await new APIClient(rpc).tasksGetStats({ user_id: "456" });
      setShown(`${stats.user_id} has ${stats.total} tasks`);
    };
    load().catch((error: unknown) => setShown(String(error)));
    return () => rpc.close();
  }, [rpc]);

  return <p id="stats">{shown}</p>;
}
