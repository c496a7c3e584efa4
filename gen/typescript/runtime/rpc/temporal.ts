// How dates and times are converted to Temporal and back. The import is the only one of
// an implementation: another one, or the global, may take its place.
import { Temporal } from "temporal-polyfill";
import { misfit, refusal, type Scalar } from "./convert.js";

export { Temporal };

const DAY = /^(?!0000)\d{4}-\d\d-\d\d$/;
/** Of a time of day, and of an offset. Temporal itself takes a second 60 for 59. */
const CLOCK =
  /^((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)(?:([Zz])|([-+](?:[01]\d|2[0-3])):?([0-5]\d))?$/;

/** The texts that values were read from, which are sent again. */
const texts = new WeakMap<object, string>();

/** With an offset a time of its zone, and without one a plain time. */
export const dateTimes = scalar(
  "a Temporal.ZonedDateTime or a Temporal.PlainDateTime",
  "a date and time",
  (text) => {
    const [, clock, z, hours, minutes] = CLOCK.exec(text.slice(11)) ?? [];
    const day = text.slice(0, 10);
    if (!DAY.test(day) || !/[Tt ]/.test(text.charAt(10)) || !clock) {
      throw refusal("is not a date and time");
    }
    const local = `${day}T${clock}`;
    if (z !== undefined) {
      return parsed(() => Temporal.ZonedDateTime.from(`${local}Z[UTC]`));
    }
    const offset = `${hours}:${minutes}`;
    return parsed(() =>
      hours === undefined
        ? Temporal.PlainDateTime.from(local)
        : Temporal.ZonedDateTime.from(`${local}${offset}[${offset}]`),
    );
  },
  {
    ZonedDateTime: (value) => inYears(zonedText(value as never)),
    PlainDateTime: (value) => inYears(isoText(value)),
  },
);

export const dates = scalar(
  "a Temporal.PlainDate",
  "a date",
  (text) => {
    if (!DAY.test(text)) {
      throw refusal("is not a date");
    }
    return parsed(() => Temporal.PlainDate.from(text));
  },
  { PlainDate: (value) => inYears(isoText(value)) },
);

export const times = scalar(
  "a Temporal.PlainTime",
  "a time of day",
  (text) => {
    const [, clock, z, hours] = CLOCK.exec(text) ?? [];
    if (clock === undefined) {
      throw refusal("is not a time of day");
    }
    if (z !== undefined || hours !== undefined) {
      throw refusal("has an offset, which a Temporal.PlainTime cannot hold");
    }
    return parsed(() => Temporal.PlainTime.from(clock));
  },
  { PlainTime: String },
);

export const durations = scalar(
  "a Temporal.Duration",
  "a duration",
  (text) => parsed(() => Temporal.Duration.from(text)),
  { Duration: String },
);

/** Converts values of types that `encode` has by name; `type` and `text` name these for people. */
function scalar(
  type: string,
  text: string,
  decode: (text: string) => object,
  encode: Readonly<Record<string, (value: object) => string>>,
): Scalar {
  return {
    encode: (value) => {
      const write = encode[tagOf(value) ?? ""];
      if (write === undefined) {
        throw misfit(`must be ${type}`);
      }
      const known = value as object;
      return texts.get(known) ?? write(known);
    },
    decode: (value) => {
      if (typeof value !== "string") {
        throw misfit(`must be ${text}`);
      }
      const result = decode(value);
      texts.set(result, value);
      return result;
    },
  };
}

/** `PlainDate` of a value of any implementation. */
function tagOf(value: unknown): string | undefined {
  const [, tag] =
    /^\[object Temporal\.(\w+)\]$/.exec(
      Object.prototype.toString.call(value),
    ) ?? [];
  return tag;
}

/** The offset of a zone may have seconds, for which JSON has no place. */
function zonedText(value: Temporal.ZonedDateTime): string {
  if (value.offsetNanoseconds % 60_000_000_000 !== 0) {
    return value.toInstant().toString();
  }
  const text = value.toString({ calendarName: "never", timeZoneName: "never" });
  return value.timeZoneId === "UTC" ? text.replace(/\+00:00$/, "Z") : text;
}

/** Without the calendar, which is only about how it is shown. */
function isoText(value: object): string {
  return (value as Temporal.PlainDate).toString({ calendarName: "never" });
}

function inYears(text: string): string {
  if (!/^(?!0000)\d{4}-/.test(text)) {
    throw refusal("has a year that is not between 1 and 9999");
  }
  return text;
}

/** Errors of Temporal have values in their texts. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw refusal("is not a value that Temporal can hold");
  }
}
