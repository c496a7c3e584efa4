"use client";

import { CentrifugoRPCClient } from "centrifugo-client";
import {
  RPCProvider,
  useConnectionState,
  useRPC,
} from "centrifugo-client/react";
import { useState } from "react";

/** Made on the server, too; it connects in the browser. */
export function Tasks({ url, token }: { url: string; token: string }) {
  const [rpc] = useState(() => new CentrifugoRPCClient(url, token));
  return (
    <RPCProvider client={rpc}>
      <Stats />
    </RPCProvider>
  );
}

function Stats() {
  const state = useConnectionState();
  const { data, isPending } = useRPC("tasks.get_stats", { user_id: "456" });
  return (
    <>
      <p id="state">{`${state}${isPending ? ", pending" : ""}`}</p>
      <p id="stats">{data && `${data.user_id} has ${data.total} tasks`}</p>
    </>
  );
}
