import { CentrifugoRPCClient } from "centrifugo-client";
import { Tasks } from "./tasks";

type Props = {
  searchParams: Promise<{ url?: string; token?: string }>;
};

/** Rendered on the server, where making a client must open nothing. */
export default async function Page({ searchParams }: Props) {
  const { url = "", token = "" } = await searchParams;
  const rpc = new CentrifugoRPCClient(url, token);
  return (
    <main>
      <p id="server">{`server: ${rpc.state}`}</p>
      <Tasks url={url} token={token} />
    </main>
  );
}
