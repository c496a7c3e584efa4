import { deleteEmail } from "@example/api";
import type { User } from "@example/api";
import { NameTaken } from "@example/rpc";
import { useAPI, useConnectionState, useEvent } from "@example/rpc/react";
import { useState } from "react";
import { Export } from "./export";

/** The account: one type for what REST returns, what a method returns and what an event brings. */
export function Account({ me }: { me: User }) {
  const api = useAPI();
  const state = useConnectionState();
  const [user, setUser] = useState(me);
  const [source, setSource] = useState("REST");
  const [events, setEvents] = useState(0);
  const [problem, setProblem] = useState("");
  const [exporting, setExporting] = useState(false);

  function show(user: User, source: string) {
    setUser(user);
    setSource(source);
  }

  useEvent("user.changed", { user_id: me.id }, (changed) => {
    setEvents((count) => count + 1);
    show(changed.user, "event");
  });

  async function rename(form: FormData) {
    try {
      show(await api.usersRename({ name: String(form.get("name")) }), "RPC");
      setProblem("");
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
      setProblem(`${error.data.name} is taken`);
    }
  }

  async function forget() {
    const { data } = await deleteEmail({ throwOnError: true });
    show(data, "REST");
  }

  return (
    <>
      <h1>
        Hello, <span id="name">{user.name}</span>
      </h1>
      <dl>
        <dt>E-mail</dt>
        <dd id="email">{user.email ?? "none"}</dd>
        <dt>Connection</dt>
        <dd id="state">{state}</dd>
        <dt>Last seen by</dt>
        <dd id="source">{source}</dd>
        <dt>Changes in any window</dt>
        <dd id="events">{events}</dd>
      </dl>
      <form action={rename}>
        <input id="new-name" name="name" maxLength={50} required />
        <button id="send">Take this name</button>
        <span id="problem">{problem}</span>
      </form>
      <button id="forget" onClick={forget}>
        Forget my e-mail address
      </button>
      {exporting ? (
        <Export onLeave={() => setExporting(false)} />
      ) : (
        <button id="export" onClick={() => setExporting(true)}>
          Export my orders
        </button>
      )}
    </>
  );
}
