// The client of the methods and events, which `make api` generates from api.yaml.
export * from "./generated/index";
