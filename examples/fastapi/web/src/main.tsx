import { client, getConnectionToken, getUser } from "@example/api";
import { CentrifugoRPCClient } from "@example/rpc";
import { RPCProvider } from "@example/rpc/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Account } from "./account";

// Log-ins are not what this example is about: `?as=token-of-bob` is another user.
const bearer = new URLSearchParams(location.search).get("as") ?? "token-of-ada";
client.setConfig({ baseUrl: "", auth: bearer, throwOnError: true });

async function fetchConnection() {
  const { data } = await getConnectionToken({ throwOnError: true });
  return data;
}

const root = document.getElementById("root");
if (root === null) throw new Error("there is no #root");

const { data: me } = await getUser({ throwOnError: true });
const { url, user } = await fetchConnection();
const token = async () => (await fetchConnection()).token;
const rpc = new CentrifugoRPCClient(url, token, user);

// The provider connects the client, and closes it when the page goes.
createRoot(root).render(
  <StrictMode>
    <RPCProvider client={rpc}>
      <Account me={me} />
    </RPCProvider>
  </StrictMode>,
);
