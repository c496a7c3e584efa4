// Small functions that several modules need.

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the text of what was thrown. */
export function reasonText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Returns how many bytes a text takes in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Fills the {placeholders} of a channel. */
export function fill(template: string, values: object = {}): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (_, key: string) => {
    const value = (values as Record<string, unknown>)[key];
    if (typeof value !== "string" && typeof value !== "number") {
      throw new TypeError(`the channel ${template} needs ${key}`);
    }
    return String(value);
  });
}

/** 128 random bits. `randomUUID` is missing on pages that were not loaded by TLS. */
export function newId(): string {
  let id = "";
  for (const word of crypto.getRandomValues(new Uint32Array(4))) {
    id += word.toString(16).padStart(8, "0");
  }
  return id;
}

/** Calls a user's callback. What it throws is logged, and does not stop the connection. */
export function guard(callback: () => unknown): void {
  new Promise((resolve) => {
    resolve(callback());
  }).catch((error: unknown) => console.error(error));
}
