// The types of the REST client and those of the WebSocket client are the same.
import type { components } from "./schema.js";
import * as components_client from "./components/index.js";
import {
  APIClient,
  type RPCCaller,
  type User,
  type UserInput,
} from "./realtime/index.js";
import type * as rest from "./types.gen.js";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : false;

const checks: true[] = [
  true satisfies Same<User, rest.UserOutput>,
  true satisfies Same<UserInput, rest.UserInput>,
  true satisfies Same<
    components_client.User,
    components["schemas"]["User-Output"]
  >,
];

const user: rest.UserOutput = {
  id: "1",
  role: "admin",
  joined: "2025-01-31T08:30:00Z",
  age: null,
  home: { street: "Main", number: 1 },
  pets: [{ kind: "cat", lives: 9 }],
};

const fake = {
  call: async () => user,
  subscribe: () => {
    throw new Error("not used");
  },
} as unknown as RPCCaller;

const api = new APIClient(fake);
const got: rest.UserOutput = await api.usersGet({ id: "1" });
const given: rest.UserInput = got;
await api.usersPut(given);
await new components_client.APIClient(fake).usersPut(given);
console.log(got.id, got.pets.length, checks.length);
