// The token and the user that it is for.
import type { TokenSource } from "./api.js";
import { ConnectError } from "./errors.js";
import type { SubscriptionToken } from "./subscription.js";
import { isObject, reasonText } from "./values.js";

/** Fetches a token, and throws if the function returns something else. */
export async function fetchToken(source: TokenSource): Promise<string> {
  const token: unknown = typeof source === "string" ? source : await source();
  if (typeof token !== "string" || (token === "" && token !== source)) {
    const got =
      token === "" ? "an empty string" : `${typeof token} instead of a string`;
    throw new TypeError(`the token function returned ${got}`);
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

/** Makes the error for a channel without the token that it needs. */
export function tokenError(channel: string, reason: unknown): ConnectError {
  return new ConnectError(
    `subscription to ${channel}: cannot fetch a token: ${reasonText(reason)}`,
    0,
    reason,
  );
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
  if (userId === "") {
    throw new ConnectError("the user id is not known: the token has no `sub`");
  }
  if (/[,#:]/.test(userId)) {
    throw new ConnectError(
      `the user id ${JSON.stringify(userId)} has a comma, # or colon in it`,
    );
  }
}

/** Returns the `sub` of a JWT; undefined where it has none, or is something else. */
function subjectOf(token: string): string | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) {
    return undefined;
  }
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
