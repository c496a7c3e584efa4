// The REST client, which `make api` generates from openapi.json.
export * from "./generated/index";
export { client } from "./generated/client.gen";
