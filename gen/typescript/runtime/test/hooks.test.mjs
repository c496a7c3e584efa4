// The installed SDK still has, and uses, what the runtime takes of it that is not public.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import { Centrifuge as ProtobufCentrifuge } from "centrifuge/build/protobuf";
import WebSocket from "ws";
import { codecOf, usesProtobuf } from "../dist/rpc/hooks.js";
import { startBroker, tokenOf } from "./broker.mjs";

const HOW =
  "centrifuge has changed what rpc/hooks.ts uses: bring that file up to date, or " +
  "lower the bound in package.json";

test("the SDK has what is used", () => {
  const client = new Centrifuge("ws://localhost");
  const codec = codecOf(client);
  assert.ok(codec, HOW);
  assert.equal(codec.decodeReplies.length, 1, HOW);
  assert.equal(usesProtobuf(client), false, HOW);
  assert.equal(
    usesProtobuf(new ProtobufCentrifuge("ws://localhost")),
    true,
    HOW,
  );
});

test("codecs belong to one connection", () => {
  const [one, other] = [1, 2].map(() => new Centrifuge("ws://localhost"));
  assert.notEqual(codecOf(one), codecOf(other), HOW);
});

test("the SDK uses what was replaced", async () => {
  const broker = await startBroker();
  const client = new Centrifuge(broker.url, {
    token: tokenOf("456"),
    websocket: WebSocket,
  });
  let used = false;
  const codec = codecOf(client);
  const decode = codec.decodeReplies.bind(codec);
  codec.decodeReplies = (data) => {
    used = true;
    assert.equal(typeof data, "string", HOW);
    return decode(data);
  };
  try {
    client.connect();
    await client.ready(5000);
    await client.publish("rpc.requests", {});
  } finally {
    client.disconnect();
    await broker.stop();
  }
  assert.ok(used, HOW);
});

test("nothing else uses what is private", () => {
  const folder = new URL("../rpc/", import.meta.url);
  const found = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "hooks.ts")
    .filter((name) =>
      /\b_[a-z]+\b(?=\??:)|[cC]entrifuge\)?\._|\["_/.test(
        readFileSync(new URL(name, folder), "utf-8"),
      ),
    );
  assert.deepEqual(found, []);
});
