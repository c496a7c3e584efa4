// How dates with a time are converted to Date and back.
import { misfit, refusal, type Scalar } from "./convert.js";

const PATTERN =
  /^(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([-+](?:[01]\d|2[0-3])):?([0-5]\d))?$/;

/** The texts that dates were read from: they have an offset, and more digits. */
const texts = new WeakMap<object, { time: number; text: string }>();

/** A point in time; what was read and not changed is sent as it was. */
export const dateTimes: Scalar = {
  encode: (value) => {
    // Other windows and the sandboxes of tests have a Date of their own.
    if (Object.prototype.toString.call(value) !== "[object Date]") {
      throw misfit("must be a Date");
    }
    const date = value as Date;
    const time = date.getTime();
    const known = texts.get(date);
    if (known?.time === time) {
      return known.text;
    }
    if (Number.isNaN(time)) {
      throw refusal("is an invalid Date");
    }
    const text = date.toISOString();
    if (!/^(?!0000)\d{4}-/.test(text)) {
      throw refusal("has a year that is not between 1 and 9999");
    }
    return text;
  },
  decode: (value) => {
    if (typeof value !== "string") {
      throw misfit("must be a date and time");
    }
    const match = PATTERN.exec(value);
    const [, day = "", clock, second = "00", fraction = "", z, hours, minutes] =
      match ?? [];
    if (match === null || !isDay(day)) {
      throw refusal("is not a date and time that a Date can hold");
    }
    if (z === undefined && hours === undefined) {
      throw refusal(
        "has no offset from UTC, without which a Date cannot hold it",
      );
    }
    const zone = z === undefined ? `${hours}:${minutes}` : "Z";
    const milliseconds = fraction.padEnd(3, "0").slice(0, 3);
    const time = Date.parse(`${day}T${clock}:${second}.${milliseconds}${zone}`);
    const date = new Date(time);
    if (value !== `${day}T${clock}:${second}.${milliseconds}Z`) {
      texts.set(date, { time, text: value });
    }
    return date;
  },
};

/** JavaScript takes February 30 for March 1. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !day.startsWith("0000") && date.getUTCDate() === Number(day.slice(8));
}
