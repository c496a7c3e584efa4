// The token and the user that it is for.
import type { TokenSource } from "./api.js";
import { ConnectError } from "./errors.js";
import type { SubscriptionToken } from "./subscription.js";
import { isObject } from "./values.js";

/** Fetches a token, and throws if the function returns something else. */
export async function fetchToken(source: TokenSource): Promise<string> {
  const token: unknown = typeof source === "string" ? source : await source();
  if (typeof token !== "string" || (token === "" && token !== source)) {
    throw new TypeError("the token function returned no token");
  }
  return token;
}

/** Fetches the token for a channel; undefined where that needs none. */
export async function subscriptionToken(
  source: (channel: string) => string | Promise<string>,
  channel: string,
): Promise<SubscriptionToken | undefined> {
  const token = await source(channel);
  return token === ""
    ? undefined
    : { token, getToken: async (ctx) => source(ctx.channel) };
}

/**
 * Returns the user's id: the one that was given, or the token's `sub`. The token is
 * only read here: verifying it is the server's part.
 */
export function userOf(token: string, given: string | undefined): string {
  const subject = subjectOf(token);
  if (given !== undefined && subject !== undefined && given !== subject) {
    throw new ConnectError(
      `the user id is "${given}", but the token's is "${subject}"`,
    );
  }
  return given ?? subject ?? "";
}

/** Throws if the user id does not fit into a channel's name. */
export function checkUser(userId: string): void {
  if (!/^[^,#:]+$/.test(userId)) {
    throw new ConnectError(
      `the user id (\`sub\`) must have no , # or : in it: ${JSON.stringify(userId)}`,
    );
  }
}

/** Returns the `sub` of a JWT; undefined where it has none, or is something else. */
function subjectOf(token: string): string | undefined {
  const payload = token.split(".")[1] ?? "";
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const subject = isObject(claims) ? claims["sub"] : undefined;
    return typeof subject === "string" ? subject : undefined;
  } catch {
    return undefined;
  }
}
