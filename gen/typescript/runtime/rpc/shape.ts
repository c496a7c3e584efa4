// Tells the variants of unions apart, as the clients in all languages do.

/**
 * JSON Schema's names, and "fraction": a number that is not an integer. A number
 * without a fraction is an integer, even if it was written as 1.0.
 */
export type JSONType =
  | "null"
  | "boolean"
  | "integer"
  | "fraction"
  | "number"
  | "string"
  | "array"
  | "object";

/** How texts of a format look. */
export interface Format {
  /** Matches the whole text. */
  readonly pattern: string;
  /** Whether some client parses the text, so that no other text is taken. */
  readonly parsed: boolean;
}

/**
 * What the values of a type look like, as far as variants of unions differ in it. The
 * members are called after the keywords of JSON Schema.
 */
export interface Shape {
  /** Name of another shape, which says all. */
  readonly ref?: string;
  /** Any, where it is missing. */
  readonly type?: JSONType | readonly JSONType[];
  readonly nullable?: boolean;
  /** Null is taken for a number that JSON does not have: a misfit. */
  readonly nan?: boolean;

  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  /** Further values of the type, or further members, are taken: misfits. */
  readonly open?: boolean;

  readonly format?: Format;
  readonly pattern?: string;
  /** Integers beyond 64 bits are no misfits. */
  readonly wide?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** Of a string, a list or a dictionary. */
  readonly minLength?: number;
  readonly maxLength?: number;

  readonly prefixItems?: readonly Shape[];
  readonly minItems?: number;
  readonly items?: Shape;
  /** Items beyond those that are declared are taken: misfits. */
  readonly more?: boolean;

  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  /** Of the names of members that are not declared; any, where it is missing. */
  readonly propertyNames?: Shape;
  /** Of members that are not declared; any, where it is missing. */
  readonly additional?: Shape;
  /** No other members are declared. */
  readonly closed?: boolean;
}

/** Shapes that others refer to, by name. */
export type Shapes = Readonly<Record<string, Shape>>;

/** How the variants of a union are told apart. */
export interface Union<Name extends string> {
  /** A member that selects a variant by its tags, where it is there. */
  readonly tag?: string;
  readonly variants: readonly {
    readonly name: Name;
    readonly tags?: readonly unknown[];
    readonly shape: Shape;
  }[];
  readonly shapes?: Shapes;
}

/** How well a value fits a shape, compared member by member in this order. */
export interface Score {
  /** What the type takes although its schema does not: fewer are better. */
  misfits: number;
  /** Members that have their only value. */
  constants: number;
  /** Declared members that are there. */
  members: number;
  /** Known values, formats, and integers that are called so. */
  details: number;
}

/** No variant takes what is nested deeper, which the stack may have no room for. */
const MAX_DEPTH = 200;

/** Returns the name of the variant that `value` is; undefined where it is unknown. */
export function variantOf<Name extends string>(
  value: unknown,
  { tag, variants, shapes }: Union<Name>,
): Name | undefined {
  const held = tag === undefined ? undefined : tagOf(value, tag);
  if (held !== undefined) {
    return variants.find(({ tags }) => tags?.includes(held))?.name;
  }
  const rating = new Rating(shapes ?? {});
  let best: { name: Name; score: Score } | undefined;
  for (const { name, shape } of variants) {
    const score = rating.rate(shape, value, 0);
    if (score && (best === undefined || isBetter(score, best.score))) {
      best = { name, score };
    }
  }
  return best?.name;
}

/** Returns a member of an object; undefined of any other value. */
export function tagOf(value: unknown, tag: string): unknown {
  return isObject(value) ? own(value, tag) : undefined;
}

type JSONObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Not what every object inherits. */
function own(value: JSONObject, member: string): unknown {
  return Object.hasOwn(value, member) ? value[member] : undefined;
}

/** Whether a score is better than another one. */
export function isBetter(one: Score, other: Score): boolean {
  const difference =
    other.misfits - one.misfits ||
    one.constants - other.constants ||
    one.members - other.members ||
    one.details - other.details;
  return difference > 0;
}

function scoreOf(part: Partial<Score>): Score {
  return { misfits: 0, constants: 0, members: 0, details: 0, ...part };
}

function add(to: Score, part: Score): void {
  to.misfits += part.misfits;
  to.constants += part.constants;
  to.members += part.members;
  to.details += part.details;
}

/** Rates the parts of one value. */
export class Rating {
  private readonly shapes: Shapes;
  /** Of objects and arrays: what was rated once is not rated again. */
  private readonly known = new Map<Shape, Map<object, Score | undefined>>();

  constructor(shapes: Shapes) {
    this.shapes = shapes;
  }

  /** Returns how well a value fits; undefined where its type does not take it. */
  rate(shape: Shape, value: unknown, depth: number): Score | undefined {
    if (typeof value !== "object" || value === null) {
      return this.judge(shape, value, depth);
    }
    let scores = this.known.get(shape);
    if (scores === undefined) {
      scores = new Map();
      this.known.set(shape, scores);
    }
    if (!scores.has(value)) {
      scores.set(
        value,
        depth < MAX_DEPTH ? this.judge(shape, value, depth) : undefined,
      );
    }
    return scores.get(value);
  }

  private judge(
    shape: Shape,
    value: unknown,
    depth: number,
  ): Score | undefined {
    if (shape.ref !== undefined) {
      const named = this.shapes[shape.ref];
      return named && this.rate(named, value, depth);
    }
    const type = typeOf(value);
    if (type === "null" && shape.nullable) {
      return scoreOf({});
    }
    if (shape.anyOf !== undefined) {
      return this.rateAnyOf(shape, shape.anyOf, value, depth);
    }
    if (type === "null" && !takes(shape, type)) {
      return shape.nan ? scoreOf({ misfits: 1 }) : undefined;
    }
    if (type === undefined || !takes(shape, type)) {
      return undefined;
    }
    if (Array.isArray(value)) {
      return this.rateArray(shape, value, depth);
    }
    if (isObject(value)) {
      return this.rateObject(shape, value, depth);
    }
    return shape.enum === undefined
      ? rateScalar(shape, value, type)
      : rateEnum(shape, shape.enum, value);
  }

  private rateAnyOf(
    shape: Shape,
    branches: readonly Shape[],
    value: unknown,
    depth: number,
  ): Score | undefined {
    let best: Score | undefined;
    for (const branch of branches) {
      const score = this.rate(branch, value, depth);
      if (score && (best === undefined || isBetter(score, best))) {
        best = score;
      }
    }
    const type = typeOf(value);
    if (best === undefined && shape.open && type && takes(shape, type)) {
      return scoreOf({ misfits: 1 });
    }
    return best;
  }

  private rateArray(
    shape: Shape,
    value: readonly unknown[],
    depth: number,
  ): Score | undefined {
    if (value.length < (shape.minItems ?? 0)) {
      return undefined;
    }
    const score = scoreOf({ misfits: hasLength(shape, value.length) ? 0 : 1 });
    for (const [index, item] of value.entries()) {
      const declared = shape.prefixItems?.[index] ?? shape.items;
      if (declared !== undefined) {
        const part = this.rate(declared, item, depth + 1);
        if (part === undefined) {
          return undefined;
        }
        add(score, part);
      } else if (shape.more) {
        score.misfits++;
      } else if (shape.type === "array") {
        return undefined;
      }
    }
    return score;
  }

  private rateObject(
    shape: Shape,
    value: JSONObject,
    depth: number,
  ): Score | undefined {
    if (shape.required?.some((member) => own(value, member) === undefined)) {
      return undefined;
    }
    const members = Object.keys(value).filter((m) => value[m] !== undefined);
    const properties = shape.properties ?? {};
    const score = scoreOf({
      misfits: hasLength(shape, members.length) ? 0 : 1,
    });
    for (const member of members) {
      const declared = Object.hasOwn(properties, member)
        ? properties[member]
        : undefined;
      const part = declared
        ? this.rate(declared, value[member], depth + 1)
        : this.rateUndeclared(shape, member, value[member], depth + 1);
      if (part === undefined) {
        return undefined;
      }
      add(score, part);
      score.members += declared ? 1 : 0;
    }
    return score;
  }

  private rateUndeclared(
    { closed, open, propertyNames, additional }: Shape,
    member: string,
    value: unknown,
    depth: number,
  ): Score | undefined {
    if (closed) {
      return open ? scoreOf({ misfits: 1 }) : undefined;
    }
    const score = scoreOf({});
    for (const [shape, part] of [
      [propertyNames, member],
      [additional, value],
    ] as const) {
      const rate = shape ? this.rate(shape, part, depth) : scoreOf({});
      if (rate === undefined) {
        return undefined;
      }
      add(score, rate);
    }
    return score;
  }
}

/** Undefined for what JSON has no place for. */
function typeOf(value: unknown): JSONType | undefined {
  switch (typeof value) {
    case "boolean":
    case "string":
      return typeof value as JSONType;
    case "number":
      return Number.isInteger(value) ? "integer" : "fraction";
    case "bigint":
      return "integer";
    case "object":
      return value === null
        ? "null"
        : Array.isArray(value)
          ? "array"
          : "object";
    default:
      return undefined;
  }
}

/** The largest integer that all languages hold is 2^63 here, since it is rounded. */
function fits64Bits(value: number): boolean {
  return value >= -(2 ** 63) && value <= 2 ** 63;
}

function takes(shape: Shape, type: JSONType): boolean {
  if (shape.type === undefined) {
    return true;
  }
  const types: readonly JSONType[] =
    typeof shape.type === "string" ? [shape.type] : shape.type;
  return (
    types.includes(type) ||
    (types.includes("number") && (type === "integer" || type === "fraction"))
  );
}

function rateEnum(
  shape: Shape,
  values: readonly unknown[],
  value: unknown,
): Score | undefined {
  if (!values.includes(value)) {
    return shape.open ? scoreOf({ misfits: 1 }) : undefined;
  }
  return scoreOf(values.length === 1 ? { constants: 1 } : { details: 1 });
}

function rateScalar(
  shape: Shape,
  value: unknown,
  type: JSONType,
): Score | undefined {
  const score = scoreOf({});
  if (type === "integer" && !takes(shape, "fraction")) {
    const fits = shape.wide || fits64Bits(Number(value));
    score[fits ? "details" : "misfits"] = 1;
  }
  if (typeof value === "string") {
    const { format } = shape;
    if (format && matches(`^(?:${format.pattern})$`, value)) {
      score.details = 1;
    } else if (format?.parsed) {
      return undefined;
    } else if (format) {
      score.misfits++;
    }
    if (!isWithin(shape, value)) {
      score.misfits++;
    }
  } else if (
    (typeof value === "number" || typeof value === "bigint") &&
    !isBounded(shape, Number(value))
  ) {
    score.misfits++;
  }
  return score;
}

function isWithin(shape: Shape, value: string): boolean {
  const { minLength, maxLength, pattern } = shape;
  return (
    ((minLength ?? maxLength) === undefined ||
      hasLength(shape, [...value].length)) &&
    (pattern === undefined || matches(pattern, value))
  );
}

function isBounded(shape: Shape, value: number): boolean {
  return (
    value >= (shape.minimum ?? -Infinity) &&
    value <= (shape.maximum ?? Infinity) &&
    (shape.exclusiveMinimum === undefined || value > shape.exclusiveMinimum) &&
    (shape.exclusiveMaximum === undefined || value < shape.exclusiveMaximum)
  );
}

function hasLength({ minLength, maxLength }: Shape, length: number): boolean {
  return length >= (minLength ?? 0) && length <= (maxLength ?? Infinity);
}

/** Compiled once. */
const expressions = new Map<string, RegExp>();

function matches(pattern: string, value: string): boolean {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    expression = compile(pattern);
    expressions.set(pattern, expression);
  }
  return expression.test(value);
}

/** Some patterns that are legal elsewhere are not with the flag `u`. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return new RegExp(pattern);
  }
}
