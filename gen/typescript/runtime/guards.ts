// Functions that the guards in types.ts call. The generator copies each part that is
// needed to the end of types.ts: from one "// ---" line to the next.

// --- tagOf
function tagOf(value: unknown, tag: string): unknown {
  return typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, tag)
    ? (value as { readonly [member: string]: unknown })[tag]
    : undefined;
}

// --- variantOf
/** How a variant of a union is recognised. */
interface Shape<Name extends string> {
  readonly name: Name;
  /** JSON type; a question mark behind it admits null. */
  readonly type: string;
  /** The known values of an enum. */
  readonly values?: readonly unknown[];
  /** How many items a tuple has. */
  readonly least?: number;
  readonly most?: number;
  /** The JSON types, or the only value, of members that must be there. */
  readonly required?: {
    readonly [member: string]: string | readonly unknown[];
  };
  /** All members that are declared. */
  readonly members?: readonly string[];
}

/**
 * Returns the first variant that fits. Of objects it is the one with most of its
 * declared members present.
 */
function variantOf<Name extends string>(
  value: unknown,
  shapes: readonly Shape<Name>[],
): Name | undefined {
  let best: Name | undefined;
  let most = -1;
  for (const shape of shapes) {
    const present = hasShape(value, shape);
    if (present > most) {
      best = shape.name;
      most = present;
    }
  }
  return best;
}

/** Returns how many declared members `value` has, or -1 if it is not of that shape. */
function hasShape(value: unknown, shape: Shape<string>): number {
  if (!hasType(value, shape.type)) {
    return -1;
  }
  if (shape.values !== undefined && !shape.values.includes(value)) {
    return -1;
  }
  if (Array.isArray(value)) {
    const most = shape.most ?? value.length;
    return value.length < (shape.least ?? 0) || value.length > most ? -1 : 0;
  }
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  const own = value as { readonly [member: string]: unknown };
  for (const [member, wanted] of Object.entries(shape.required ?? {})) {
    if (!Object.hasOwn(own, member)) {
      return -1;
    }
    const held = own[member];
    if (
      typeof wanted === "string"
        ? !hasType(held, wanted)
        : !wanted.includes(held)
    ) {
      return -1;
    }
  }
  return (shape.members ?? []).filter((member) => Object.hasOwn(own, member))
    .length;
}

function hasType(value: unknown, type: string): boolean {
  if (type.endsWith("?")) {
    return value === null || hasType(value, type.slice(0, -1));
  }
  switch (type) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "integer":
      return typeof value === "number" && value % 1 === 0;
    case "object":
      return (
        typeof value === "object" && value !== null && !Array.isArray(value)
      );
    default:
      return typeof value === type;
  }
}
