// Converts between what is sent and the types of this package, where these differ.
import type { Codec } from "./api.js";
import { InvalidParamsError, unsent } from "./errors.js";
import { Rating, isBetter, tagOf, type Score } from "./shape.js";
import type { Shape, Shapes } from "./shape.js";
import { isObject } from "./values.js";

/** Converts a scalar; throws a {@link misfit} or a {@link refusal}. */
export type Scalar = Codec;

/**
 * Where a type has something to convert. The members are called after the keywords of
 * JSON Schema; null and what is absent stay what they are.
 */
export interface Conversion {
  /** Name of another one, which says all. */
  readonly ref?: string;
  readonly scalar?: Scalar;
  readonly items?: Conversion;
  /** Undefined where an item has nothing to convert, as with members. */
  readonly prefixItems?: readonly (Conversion | undefined)[];
  readonly properties?: Readonly<Record<string, Conversion | undefined>>;
  readonly additional?: Conversion;
  readonly anyOf?: readonly Alternative[];
  /** A member that selects one of `anyOf` by its tags, where it is there. */
  readonly tag?: string;
}

/** A variant of a union. */
export interface Alternative {
  readonly name: string;
  readonly tags?: readonly unknown[];
  /** Missing where the tag alone settles it. */
  readonly shape?: Shape;
  readonly conversion?: Conversion;
}

/** Conversions that others refer to, by name. */
export type Conversions = Readonly<Record<string, Conversion>>;

const KEY = Symbol.for("wsgen.exact");
const shared = globalThis as { [KEY]?: WeakMap<object, unknown> };

/**
 * What was received with all digits, by what the SDK has read of it. All generated
 * packages of a page share one map: they may share a connection.
 */
export const exactValues = (shared[KEY] ??= new WeakMap<object, unknown>());

/** Returns what was received with all digits, as far as that is known. */
export function exact(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? (exactValues.get(value) ?? value)
    : value;
}

type Path = readonly (string | number)[];

/** Why a value cannot be converted. */
export class ConversionError extends TypeError {
  override readonly name: string = "ConversionError";
  readonly reason: string;
  readonly path: Path;
  /** The value is of another type, so that it may belong to another variant. */
  readonly misfit: boolean;

  constructor(reason: string, misfit: boolean, path: Path = []) {
    super(path.length === 0 ? reason : `${pathText(path)}: ${reason}`);
    this.reason = reason;
    this.misfit = misfit;
    this.path = path;
  }
}

/** A value of another type. */
export function misfit(reason: string): ConversionError {
  return new ConversionError(reason, true);
}

/** A value of the type that cannot be kept. */
export function refusal(reason: string): ConversionError {
  return new ConversionError(reason, false);
}

/** `tasks[0].id` */
function pathText(path: Path): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
}

/** Says what is wrong with params, as a server does. */
export function invalidParams(
  { name }: { readonly name: string },
  error: unknown,
): unknown {
  if (!(error instanceof ConversionError)) {
    return error;
  }
  const { path: loc, reason: msg } = error;
  const data = [{ loc, msg, type: "type" }];
  const call = unsent(name);
  return new InvalidParamsError(-32602, error.message, data, call);
}

/** What converts the types of one package. */
export interface Codecs {
  /** Returns the codec of a type. */
  codec(of: Conversion): Codec;
  /** Names the variant of a union that a value is, if it is known. */
  variant<Name extends string>(union: string, value: unknown): Name | undefined;
}

/** `texts` says that integers are texts, which cannot be told from others. */
export function makeCodecs(
  conversions: Conversions,
  shapes: Shapes = {},
  texts = false,
): Codecs {
  const begin = (way: keyof Codec) =>
    new Converter(conversions, shapes, way, texts);
  return {
    codec: (of) => ({
      encode: (value) => begin("encode").convert(of, value),
      decode: (value) => begin("decode").convert(of, value),
    }),
    variant: <Name extends string>(union: string, value: unknown) => {
      try {
        const choice = begin("encode").choose({ ref: union }, value);
        return choice?.name as Name | undefined;
      } catch {
        return undefined;
      }
    },
  };
}

interface Choice {
  readonly name: string;
  readonly result: () => unknown;
}

/** Converts one value. */
class Converter {
  private readonly conversions: Conversions;
  private readonly rating: Rating;
  private readonly way: keyof Codec;
  private readonly texts: boolean;
  /** How many variants are being tried, one inside the other. */
  private attempts = 0;
  /** What was tried once is not tried again. */
  private readonly known = new Map<Conversion, Map<object, () => unknown>>();

  constructor(
    conversions: Conversions,
    shapes: Shapes,
    way: keyof Codec,
    texts: boolean,
  ) {
    this.conversions = conversions;
    this.rating = new Rating(shapes);
    this.way = way;
    this.texts = texts;
  }

  convert(of: Conversion | undefined, value: unknown): unknown {
    if (of === undefined || value === null || value === undefined) {
      return value;
    }
    if (of.ref !== undefined) {
      return this.convert(this.conversions[of.ref], value);
    }
    if (of.scalar !== undefined) {
      return of.scalar[this.way](value);
    }
    return this.attempts === 0 || typeof value !== "object"
      ? this.convertWhole(of, value)
      : this.convertOnce(of, value);
  }

  private convertOnce(of: Conversion, value: object): unknown {
    let outcomes = this.known.get(of);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.known.set(of, outcomes);
    }
    let outcome = outcomes.get(value);
    if (outcome === undefined) {
      outcome = outcomeOf(() => this.convertWhole(of, value));
      outcomes.set(value, outcome);
    }
    return outcome();
  }

  private convertWhole(of: Conversion, value: unknown): unknown {
    if (of.anyOf !== undefined) {
      const choice = this.choose(of, value);
      return choice === undefined ? value : choice.result();
    }
    if (of.items ?? of.prefixItems) {
      if (!Array.isArray(value)) {
        throw misfit("must be an array");
      }
      return this.convertItems(of, value);
    }
    if (!isObject(value)) {
      throw misfit("must be an object");
    }
    return this.convertMembers(of, value);
  }

  private convertItems(of: Conversion, items: readonly unknown[]): unknown[] {
    const { prefixItems = [] } = of;
    let at = 0;
    try {
      return items.map((item, i) => {
        at = i;
        const how = i < prefixItems.length ? prefixItems[i] : of.items;
        return this.convert(how, item);
      });
    } catch (error) {
      throw located(error, at);
    }
  }

  private convertMembers(
    { properties = {}, additional }: Conversion,
    value: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> {
    // A member __proto__ is copied as one: to assign it again sets no prototype.
    const copy = { ...value };
    let at = "";
    try {
      for (at of Object.keys(additional ? value : properties)) {
        if (Object.hasOwn(copy, at)) {
          const own = Object.hasOwn(properties, at);
          copy[at] = this.convert(own ? properties[at] : additional, copy[at]);
        }
      }
    } catch (error) {
      throw located(error, at);
    }
    return copy;
  }

  /** Returns the variant that a value is, and its conversion; undefined where it is unknown. */
  choose(of: Conversion, value: unknown): Choice | undefined {
    const { anyOf = [], tag, ref } = of;
    if (ref !== undefined) {
      const named = this.conversions[ref];
      return named && this.choose(named, value);
    }
    const held = tag === undefined ? undefined : tagOf(value, tag);
    if (held !== undefined) {
      const selected = anyOf.find(({ tags }) => tags?.includes(held));
      return selected && this.choiceOf(selected, value);
    }
    return this.way === "decode"
      ? this.chooseReceived(anyOf, value)
      : this.chooseSent(anyOf, value);
  }

  private choiceOf({ name, conversion }: Alternative, value: unknown): Choice {
    return { name, result: () => this.convert(conversion, value) };
  }

  /** The variant is chosen by what was received. */
  private chooseReceived(
    variants: readonly Alternative[],
    value: unknown,
  ): Choice | undefined {
    let best: { variant: Alternative; score: Score } | undefined;
    for (const variant of variants) {
      const score = this.rate(variant, value);
      if (score && (best === undefined || isBetter(score, best.score))) {
        best = { variant, score };
      }
    }
    return best && this.choiceOf(best.variant, value);
  }

  /** The variant is chosen by what would be sent, among those whose types fit. */
  private chooseSent(
    variants: readonly Alternative[],
    value: unknown,
  ): Choice | undefined {
    let best: { choice: Choice; score: Score } | undefined;
    let unclear = false;
    for (const variant of variants) {
      const choice = this.attempt(variant, value);
      const score = choice && this.rate(variant, choice.result());
      if (choice === undefined || score === undefined) {
        continue;
      }
      const other = best;
      if (other === undefined || isBetter(score, other.score)) {
        best = { choice, score };
      }
      unclear =
        this.texts && other !== undefined && isAlike(score, other.score)
          ? unclear || !isSame(choice.result(), other.choice.result())
          : unclear && best === other;
    }
    if (unclear) {
      throw refusal("may be a text, or the digits of an integer");
    }
    return best?.choice;
  }

  private attempt(variant: Alternative, value: unknown): Choice | undefined {
    this.attempts++;
    try {
      const result = this.convert(variant.conversion, value);
      return { name: variant.name, result: () => result };
    } catch (error) {
      if (error instanceof ConversionError && error.misfit) {
        return undefined;
      }
      throw error;
    } finally {
      this.attempts--;
    }
  }

  private rate({ shape }: Alternative, value: unknown): Score | undefined {
    return shape && this.rating.rate(shape, value, 0);
  }
}

/** Whether two fit the same but for details. */
function isAlike(one: Score, other: Score): boolean {
  return (
    one.misfits === other.misfits &&
    one.constants === other.constants &&
    one.members === other.members
  );
}

/** Whether two results are sent as the same. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object") {
    return one === other;
  }
  const entries = Object.entries(one ?? {});
  return (
    entries.length === Object.keys(other ?? {}).length &&
    entries.every(([key, part]) =>
      isSame(part, (other as Record<string, unknown> | null)?.[key]),
    )
  );
}

/** Returns what gives the result, or throws the error, each time. */
function outcomeOf(run: () => unknown): () => unknown {
  try {
    const result = run();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Adds to the path of an error. */
function located(error: unknown, at: string | number): unknown {
  return error instanceof ConversionError
    ? new ConversionError(error.reason, error.misfit, [at, ...error.path])
    : error;
}
