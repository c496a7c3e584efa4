// A scripted server that speaks as much of Centrifugo's protocol as the tests need.
import { once } from "node:events";
import { WebSocketServer } from "ws";

/** Starts a server. `script` holds functions that replace the default answers. */
export async function startBroker(script = {}) {
  const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(wss, "listening");
  const broker = new Broker(wss, script);
  wss.on("connection", (socket) => {
    socket.on("message", (frame) => {
      broker.frames.push(frame.length);
      for (const line of String(frame).split("\n")) {
        broker.answer(socket, JSON.parse(line));
      }
    });
  });
  return broker;
}

class Broker {
  constructor(wss, script) {
    this.wss = wss;
    this.script = script;
    this.url = `ws://127.0.0.1:${wss.address().port}/connection/websocket`;
    /** Everything that clients have sent. */
    this.commands = [];
    /** How many bytes each frame had that clients have sent. */
    this.frames = [];
    this.waiting = [];
  }

  answer(socket, command) {
    const kind = Object.keys(command).find((key) => key !== "id");
    if (kind === undefined) {
      return;
    }
    const body = command[kind];
    this.commands.push({ kind, ...body });
    const standard = {
      connect: { client: "c1", version: "test", subs: {} },
      rpc: { data: { result: null } },
    };
    const result = this.script[kind]?.(body, this) ?? standard[kind] ?? {};
    if (result === "silence") {
      return;
    }
    const reply = result.error ? result : { [kind]: result };
    socket.send(JSON.stringify({ id: command.id, ...reply }));
    this.waiting = this.waiting.filter((check) => !check());
  }

  /** Sends a publication to everyone. */
  publish(channel, data, more = {}) {
    this.push({ channel, pub: { data, ...more } });
  }

  /** Sends a publication many times to one connection at once. */
  publishInOneFrame(channel, data, times) {
    const [socket] = this.wss.clients;
    const push = JSON.stringify({ push: { channel, pub: { data } } });
    socket.send(Array(times).fill(push).join("\n"));
  }

  /** Sends a push to everyone. */
  push(push) {
    for (const socket of this.wss.clients) {
      socket.send(JSON.stringify({ push }));
    }
  }

  /** Replies to a request. */
  reply(request, body) {
    const { correlation_id, reply_to } = request;
    this.publish(reply_to, { correlation_id, ...body });
  }

  /** Replies to many requests of one connection at once. */
  replyInOneFrame(requests, body) {
    const [socket] = this.wss.clients;
    const pushes = requests.map(({ correlation_id, reply_to }) => {
      const pub = { data: { correlation_id, ...body } };
      return JSON.stringify({ push: { channel: reply_to, pub } });
    });
    socket.send(pushes.join("\n"));
  }

  sent(kind) {
    return this.commands.filter((command) => command.kind === kind);
  }

  /** Resolves with the nth command of a kind, once it was answered. */
  nth(kind, n = 1) {
    return new Promise((resolve) => {
      const check = () => {
        const command = this.sent(kind)[n - 1];
        if (command !== undefined) {
          resolve(command);
        }
        return command !== undefined;
      };
      if (!check()) {
        this.waiting.push(check);
      }
    });
  }

  /** Closes all connections, with Centrifugo's code. */
  close(code, reason) {
    for (const socket of this.wss.clients) {
      socket.close(code, reason);
    }
  }

  /** Breaks all connections. */
  cut() {
    for (const socket of this.wss.clients) {
      socket.terminate();
    }
  }

  async stop() {
    this.cut();
    this.wss.close();
    await once(this.wss, "close");
  }
}

/** Makes an unsigned token. */
export function tokenOf(sub) {
  const part = (value) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ sub })}.x`;
}
