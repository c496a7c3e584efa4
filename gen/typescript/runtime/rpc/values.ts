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
    const value = Object.hasOwn(values, key)
      ? (values as Record<string, unknown>)[key]
      : undefined;
    if (typeof value !== "string" && typeof value !== "number") {
      throw new TypeError(`the channel ${template} needs ${key}`);
    }
    return String(value);
  });
}

/** Hex digits for the next ids, drawn ahead: a draw costs more than its bytes. */
let digits = "";

/** 128 random bits. `randomUUID` is missing on pages that were not loaded by TLS. */
export function newId(): string {
  if (digits === "") {
    for (const word of crypto.getRandomValues(new BigUint64Array(128))) {
      digits += word.toString(16).padStart(16, "0");
    }
  }
  const id = digits.slice(0, 32);
  digits = digits.slice(32);
  return id;
}

/** Calls a user's callback. What it throws is logged, and does not stop the connection. */
export function guard(callback: () => unknown): void {
  const log = (error: unknown) => console.error(error);
  try {
    Promise.resolve(callback()).catch(log);
  } catch (error) {
    log(error);
  }
}
