// The hooks for React of the same client.
export * from "./generated/react";
