// TanStack Query with params and results that are bigints and dates.
import assert from "node:assert/strict";
import { QueryClient } from "@tanstack/react-query";
import { FakeRPC, type Events, type Methods } from "./api/index.js";
import { RPCQueries } from "./api/tanstack-query.js";

const big = 2n ** 53n;
let calls = 0;
const fake = new FakeRPC<Methods, Events>({
  "ledger.page": ({ after, since }) => {
    calls++;
    return [after, BigInt(since?.getTime() ?? 0)];
  },
});
const queries = new RPCQueries(fake);
const client = new QueryClient();

const page = (after: bigint, time: number) =>
  queries.queryOptions("ledger.page", {
    after,
    since: new Date(time),
    kind: "cursor",
  });
const fetched: bigint[] = await client.fetchQuery({
  ...page(big, 5),
  staleTime: Infinity,
});
assert.deepEqual(fetched, [big, 5n]);

// Keys are compared, and can be stored.
await client.fetchQuery({ ...page(big, 5), staleTime: Infinity });
assert.equal(calls, 1);
await client.fetchQuery({ ...page(big + 1n, 5), staleTime: Infinity });
await client.fetchQuery({ ...page(big, 6), staleTime: Infinity });
assert.equal(calls, 3);
assert.deepEqual(JSON.parse(JSON.stringify(page(big + 1n, 5).queryKey)), [
  "ledger.page",
  {
    after: "9007199254740993n",
    since: "1970-01-01T00:00:00.005Z",
    kind: "cursor",
  },
]);

// An event invalidates the result of the params that it names, and no other.
const stop = queries.onEvent(
  client,
  "ledger.changed",
  { book: "a" },
  (entry, cache) => {
    if (entry.state === "booked") {
      const params = { after: big, since: entry.at, kind: "cursor" } as const;
      cache.invalidate("ledger.page", params);
      cache.update("ledger.page", { ...params, after: big + 1n }, (last) => [
        ...(last ?? []),
        7n,
      ]);
    }
  },
);
fake.emit(
  "ledger.changed",
  { book: "a" },
  { state: "booked", at: new Date(5) },
);
stop();
const isStale = (after: bigint, time: number) =>
  client.getQueryState(page(after, time).queryKey)?.isInvalidated;
assert.equal(isStale(big, 5), true);
assert.equal(isStale(big, 6), false);
assert.deepEqual(client.getQueryData(page(big + 1n, 5).queryKey), [
  big + 1n,
  5n,
  7n,
]);
client.clear();
console.log("done");
