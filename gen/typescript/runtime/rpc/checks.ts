// What generated validators are made of.
import type { CallSettings, Codec, RPCCaller, RPCMethod } from "./api.js";
import { InvalidParamsError } from "./errors.js";

/** One thing that is wrong with a value. */
export interface Issue {
  readonly message: string;
  /** Where: member names and indexes; empty for the value itself. */
  readonly path: (string | number)[];
  /** Which kind of rule it breaks. */
  readonly type: IssueType;
}

export type IssueType =
  | "const"
  | "extra"
  | "format"
  | "limit"
  | "missing"
  | "never"
  | "type"
  | "union";

/** Undefined where nothing is wrong. */
export type Issues = Issue[] | undefined;

/**
 * Tells what is wrong with a value. Where it is not strict, values of enums, variants of
 * unions and members that a newer server may send are taken.
 */
export type Check = (value: unknown, strict: boolean) => Issues;

/**
 * Returns all that is wrong with a value: nothing for a `T`. It is a Standard Schema, too
 * (https://standardschema.dev).
 */
export interface Validator<T> {
  (value: unknown): readonly Issue[];
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "wsgen";
    readonly validate: (
      value: unknown,
    ) =>
      | { readonly value: T; readonly issues?: undefined }
      | { readonly issues: readonly Issue[] };
    readonly types?: { readonly input: T; readonly output: T } | undefined;
  };
}

const none: readonly Issue[] = [];

/** What is checked is what would be sent of a value; `codec` makes that of it. */
export function validator<T>(
  check: Check,
  strict: boolean,
  codec?: Codec,
): Validator<T> {
  const run = checkSent(check, codec);
  const validate = (value: unknown) => run(value, strict) ?? none;
  return Object.assign(validate, {
    "~standard": {
      version: 1 as const,
      vendor: "wsgen" as const,
      validate: (value: unknown) => {
        const issues = run(value, strict);
        return issues === undefined ? { value: value as T } : { issues };
      },
    },
  });
}

/** Returns a check of what would be sent; what cannot be is an issue. */
function checkSent(check: Check, codec: Codec | undefined): Check {
  return codec === undefined
    ? check
    : (value, strict) => {
        let sent: unknown;
        try {
          sent = codec.encode(value);
        } catch (error) {
          const { reason, path } = error as Partial<Misfit>;
          if (reason === undefined || path === undefined) {
            throw error;
          }
          return [{ message: reason, path: [...path], type: "type" }];
        }
        return check(sent, strict);
      };
}

/** What codecs throw. */
interface Misfit extends Error {
  readonly reason: string;
  readonly path: readonly (string | number)[];
}

/** Calls through `rpc` after the params of the methods were checked. */
export function checking(
  rpc: RPCCaller,
  params: Readonly<Record<string, Check>>,
): RPCCaller {
  return {
    async call<Result>(
      method: RPCMethod<Result>,
      given: object | undefined,
      options?: CallSettings,
    ): Promise<Result> {
      const check = params[method.name];
      const issues =
        check && checkSent(check, method.paramsCodec)(given ?? {}, true);
      if (issues !== undefined) {
        const data = issues.map(({ path, message, type }) => ({
          loc: path,
          msg: message,
          type,
        }));
        const call = { method: method.name, correlationId: "", sent: false };
        throw new InvalidParamsError(-32602, "invalid params", data, call);
      }
      return rpc.call(method, given, options);
    },
    subscribe: (event, channel, handler, options) =>
      rpc.subscribe(event, channel, handler, options),
  };
}

export function wrong(type: IssueType, message: string): Issue[] {
  return [{ message, path: [], type }];
}

/** Adds an issue of the value itself, or of a member or an item of it. */
export function add(
  to: Issues,
  type: IssueType,
  message: string,
  at?: string | number,
): Issue[] {
  const issue = { message, path: at === undefined ? [] : [at], type };
  if (to === undefined) {
    return [issue];
  }
  to.push(issue);
  return to;
}

/** Adds the issues of a member or of an item. */
export function under(to: Issues, issues: Issues, at: string | number): Issues {
  if (issues === undefined) {
    return to;
  }
  for (const issue of issues) {
    issue.path.unshift(at);
  }
  return join(to, issues);
}

/** Adds more issues of the same value. */
export function join(to: Issues, issues: Issues): Issues {
  if (to === undefined || issues === undefined) {
    return to ?? issues;
  }
  for (const issue of issues) {
    to.push(issue);
  }
  return to;
}

/**
 * Checks alternatives. Those of an open union may be more than are known. If `tag` is
 * given and a string in the value, it is known to select none of them.
 */
export function anyOf(
  value: unknown,
  strict: boolean,
  open: boolean,
  checks: readonly Check[],
  tag?: string,
): Issues {
  if (tag !== undefined && typeof own(value, tag) === "string") {
    return strict || !open
      ? add(undefined, "const", "selects none of the alternatives", tag)
      : undefined;
  }
  const meant: Issue[][] = [];
  for (const check of checks) {
    const issues = check(value, strict);
    if (issues === undefined) {
      return undefined;
    }
    if (!issues.some(tellsApart)) {
      meant.push(issues);
    }
  }
  if (meant.length === 1) {
    return meant[0];
  }
  if (meant.length === 0 && open && !strict) {
    return undefined;
  }
  return wrong("union", "fits none of the alternatives");
}

/** Checks alternatives that exclude each other. */
export function oneOf(
  value: unknown,
  strict: boolean,
  open: boolean,
  checks: readonly Check[],
  tag?: string,
): Issues {
  let fits = 0;
  for (const check of checks) {
    if (check(value, true) === undefined && ++fits > 1) {
      return wrong("union", "fits several of the alternatives");
    }
  }
  return fits === 1 ? undefined : anyOf(value, strict, open, checks, tag);
}

/**
 * Whether an issue says that another alternative is meant: the value has another type,
 * or a member has another constant or is missing.
 */
function tellsApart({ path, type }: Issue): boolean {
  return path.length === 0
    ? type !== "limit" && type !== "format"
    : path.length === 1 && (type === "const" || type === "missing");
}

/** A JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value) || typeof value === "bigint";
}

export function isInteger(value: unknown): value is number {
  return Number.isInteger(value) || typeof value === "bigint";
}

/** Not what every object inherits. */
export function own(value: unknown, member: string): unknown {
  return isObject(value) && Object.hasOwn(value, member)
    ? value[member]
    : undefined;
}

/** Whether a text has less characters. */
export function shorter(value: string, least: number): boolean {
  return (
    value.length < least ||
    (value.length < 2 * least && characters(value) < least)
  );
}

/** Whether a text has more characters. */
export function longer(value: string, most: number): boolean {
  return value.length > most && characters(value) > most;
}

/** Pairs of surrogates are one character. */
function characters(value: string): number {
  let count = value.length;
  for (let i = 0; i < value.length - 1; i++) {
    if ((value.charCodeAt(i) & 0xfc00) === 0xd800) {
      if ((value.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        count--;
        i++;
      }
    }
  }
  return count;
}

const patterns = new Map<string, RegExp>();

/** Whether a text has a pattern. */
export function matches(value: string, source: string): boolean {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = compile(source);
    patterns.set(source, pattern);
  }
  return pattern.test(value);
}

/** Compiles a pattern; what this engine does not know matches everything. */
function compile(source: string): RegExp {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch {
      // the next flags, or none
    }
  }
  return /(?:)/;
}

/** Divides decimally: 0.3 is a multiple of 0.1. */
export function isMultiple(value: number | bigint, of: number): boolean {
  if (typeof value === "number") {
    if (Number.isInteger(of) && Number.isInteger(value)) {
      return value % of === 0;
    }
    const quotient = value / of;
    if (!Number.isFinite(quotient)) {
      return Number.isInteger(value) && Number.isInteger(1 / of);
    }
  }
  const [digits, scale] = decimal(value);
  const [divisor, divisorScale] = decimal(of);
  const more = divisorScale - scale;
  return more > 0
    ? (digits * 10n ** BigInt(more)) % divisor === 0n
    : digits % (divisor * 10n ** BigInt(-more)) === 0n;
}

/** Returns the digits of a number, and how many of them stand behind the point. */
function decimal(value: number | bigint): [digits: bigint, scale: number] {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return [BigInt(whole + fraction), fraction.length - Number(exponent)];
}

/** Whether an item is there twice. */
export function repeats(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    seen.add(canonical(item));
  }
  return seen.size < items.length;
}

/** Whether two JSON values are equal. */
export function same(one: unknown, other: unknown): boolean {
  return one === other || canonical(one) === canonical(other);
}

/** Equal for equal values; no text that a value could be. */
function canonical(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? `\u0000${JSON.stringify(value, inOrder)}`
    : value;
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    const rounded = Number(value);
    return Number.isSafeInteger(rounded) ? rounded : `\u0000${value}`;
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;
}

/** Adds an issue where a member is there without another. */
export function needs(
  to: Issues,
  value: Record<string, unknown>,
  member: string,
  other: string,
): Issues {
  return own(value, member) !== undefined && own(value, other) === undefined
    ? add(to, "missing", `is missing beside ${member}`, other)
    : to;
}

/** How many members are there. */
export function size(value: Record<string, unknown>): number {
  let count = 0;
  for (const key in value) {
    if (value[key] !== undefined) {
      count++;
    }
  }
  return count;
}

/** How many items fit. */
export function count(items: readonly unknown[], check: Check): number {
  return items.filter((item) => check(item, true) === undefined).length;
}

/** The members and items of a value that checks have described. */
export interface Marks {
  all: boolean;
  readonly keys: Set<string | number>;
}

/** Notes members and items. */
export type Mark = (value: unknown, seen: Marks) => void;

/** Returns what marks the members and items that a check describes. */
export function marked(value: unknown, mark: Mark): Marks {
  const seen: Marks = { all: false, keys: new Set() };
  mark(value, seen);
  return seen;
}

/** Marks members by their names or patterns, or all. */
export function markMembers(
  value: unknown,
  seen: Marks,
  names: readonly string[],
  patterns: readonly string[],
  all: boolean,
): void {
  if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (
        all ||
        names.includes(key) ||
        patterns.some((source) => matches(key, source))
      ) {
        seen.keys.add(key);
      }
    }
  }
}

/** Marks the first items, or all; and those that fit. */
export function markItems(
  value: unknown,
  seen: Marks,
  first: number,
  fits?: Check,
): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      if (i < first || (fits !== undefined && fits(item, true) === undefined)) {
        seen.keys.add(i);
      }
    });
  }
}

/** Marks what a check describes, if the value fits it; says whether it does. */
export function markIf(
  value: unknown,
  seen: Marks,
  check: Check,
  mark: Mark,
): boolean {
  const fits = check(value, true) === undefined;
  if (fits) {
    mark(value, seen);
  }
  return fits;
}
