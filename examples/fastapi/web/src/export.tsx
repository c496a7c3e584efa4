import { useRPCStream } from "@example/rpc/react";

/** Runs an export while it is there: when it goes, the stream is cancelled at the server, too. */
export function Export({ onLeave }: { onLeave: () => void }) {
  // Each item tells how far the export is: only the last one matters.
  const { latest, error, isPending } = useRPCStream(
    "orders.export",
    undefined,
    { keep: 1 },
  );
  return (
    <section>
      <progress value={latest?.done ?? 0} max={latest?.total ?? 1} />
      <span id="exported">
        {latest && `${latest.done} of ${latest.total} orders`}
      </span>
      {error !== undefined && <span>The export has failed.</span>}
      {latest?.csv != null && (
        <a
          id="file"
          download="orders.csv"
          href={`data:text/csv,${encodeURIComponent(latest.csv)}`}
        >
          Save the file
        </a>
      )}
      <button id="leave" onClick={onLeave}>
        {isPending ? "Cancel" : "Close"}
      </button>
    </section>
  );
}
