// How integers that a number may round are converted, and how other numbers are kept right.
import { misfit, refusal, type Scalar } from "./convert.js";

/** An integer for JSON: a number, if it holds it. */
function sent(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function received(value: unknown): bigint {
  if (typeof value === "bigint") {
    return value;
  }
  if (!Number.isInteger(value)) {
    throw misfit("must be an integer");
  }
  if (!Number.isSafeInteger(value)) {
    throw refusal("has been rounded to a number");
  }
  return BigInt(value as number);
}

/** An integer as a bigint. */
export const bigints: Scalar = {
  encode: (value) => {
    if (typeof value !== "bigint") {
      throw misfit("must be a bigint");
    }
    return sent(value);
  },
  decode: received,
};

/** An integer as its decimal digits. */
export const digits: Scalar = {
  encode: (value) => {
    if (typeof value !== "string" || !/^-?\d+$/.test(value)) {
      throw misfit("must be the digits of an integer");
    }
    return sent(BigInt(value));
  },
  decode: (value) => String(received(value)),
};

/**
 * An integer that is a variant beside a number: what has an exponent in JSON, or a point,
 * was a number where it was written.
 */
export function besideNumbers({ encode, decode }: Scalar): Scalar {
  return {
    encode,
    decode: (value) =>
      typeof value === "number" && !Number.isSafeInteger(value)
        ? value
        : decode(value),
  };
}

/** Values of an enum whose integers are digits where a number would round them. */
export const listed: Scalar = {
  encode: (value) =>
    typeof value === "string" &&
    /^-?\d{16,}$/.test(value) &&
    typeof sent(BigInt(value)) === "bigint"
      ? BigInt(value)
      : value,
  decode: (value) => (typeof value === "bigint" ? String(value) : value),
};

/** An integer that is a number: one that would be rounded is refused. */
export const integers: Scalar = {
  encode: (value) =>
    Number.isInteger(value) && !Number.isSafeInteger(value)
      ? BigInt(value as number) // the text of a number has zeros for its last digits
      : noBigint(value),
  decode: (value) => {
    if (typeof value === "bigint" && BigInt(Number(value)) === value) {
      return Number(value);
    }
    if (
      typeof value === "bigint" ||
      (Number.isInteger(value) && !Number.isSafeInteger(value))
    ) {
      throw refusal("is beyond 2^53, and its schema does not say that it may");
    }
    return value;
  },
};

/** A number that need not be an integer. */
export const numbers: Scalar = {
  encode: noBigint,
  decode: (value) => (typeof value === "bigint" ? Number(value) : value),
};

function noBigint(value: unknown): unknown {
  if (typeof value === "bigint") {
    throw misfit("must be a number");
  }
  return value;
}
