import { useEffect, useState } from "react";
import {
  FakeRPC,
  type Events,
  type Methods,
  type Streams,
} from "./jobs/index.js";
import {
  RPCProvider,
  useRPCStream,
  type RPCStreamResult,
} from "./jobs/react.js";

let open = 0;
let report: (open: number) => void = () => undefined;

const rpc = new FakeRPC<Methods, Events, Streams>({
  "jobs.count_down": () => [3, 2, 1, 0],
  "texts.write": () => {
    throw new Error("broken");
  },
  "jobs.latest": async function* (_, { signal }) {
    report(++open);
    try {
      yield null;
      await new Promise((resolve) =>
        signal?.addEventListener("abort", resolve),
      );
    } finally {
      report(--open);
    }
  },
});

/** Streams, of an API of their own: a fake answers it. */
export function Jobs() {
  const [following, setFollowing] = useState(true);
  const [shownOpen, setShownOpen] = useState(open);
  useEffect(() => {
    report = setShownOpen;
  }, []);
  return (
    <RPCProvider client={rpc}>
      <Counts />
      {following && <Latest />}
      <button id="unfollow" onClick={() => setFollowing(false)}>
        Unfollow
      </button>
      <p id="open">{`open: ${shownOpen}`}</p>
    </RPCProvider>
  );
}

function Latest() {
  return <p id="latest">{shown(useRPCStream("jobs.latest"))}</p>;
}

function Counts() {
  const counted = useRPCStream("jobs.count_down");
  const kept = useRPCStream("jobs.count_down", undefined, { keep: 2 });
  const failed = useRPCStream("texts.write", { prompt: "x" });
  return (
    <section>
      <p id="counted">{shown(counted)}</p>
      <p id="kept">{shown(kept)}</p>
      <p id="failed">{shown(failed)}</p>
      <button id="recount" onClick={counted.restart}>
        Count again
      </button>
    </section>
  );
}

function shown({ latest, items, error, isPending }: RPCStreamResult<unknown>) {
  const state = error instanceof Error ? error.message : "done";
  return `${latest}: ${items.join()} ${isPending ? "pending" : state}`;
}
