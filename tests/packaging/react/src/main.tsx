import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { CentrifugoRPCClient } from "./api/index.js";
import { RPCProvider } from "./api/react.js";
import { Queries } from "./queries";
import { Jobs } from "./streams";
import { Tasks } from "./tasks";

const page = new URLSearchParams(location.search);
const rpc = new CentrifugoRPCClient(
  page.get("url") ?? "",
  page.get("token") ?? "",
);
const queryClient = new QueryClient();

/** What needs the connection can go, and come back. */
function Page() {
  const [shown, setShown] = useState(true);
  const [state, setState] = useState("");
  return (
    <main>
      <button id="toggle" onClick={() => setShown(!shown)}>
        Toggle
      </button>
      <button id="look" onClick={() => setState(rpc.state)}>
        Look
      </button>
      <p id="state-of-client">{state}</p>
      {shown && (
        <RPCProvider client={rpc}>
          <Tasks />
          <Queries rpc={rpc} />
          <Jobs />
        </RPCProvider>
      )}
    </main>
  );
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Page />
      </QueryClientProvider>
    </StrictMode>,
  );
}
