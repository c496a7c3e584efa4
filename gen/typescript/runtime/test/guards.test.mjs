import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "../dist/index.js";
import { variantOf } from "../dist/rpc/shape.js";

test("guards of enums know what is listed", () => {
  assert.equal(sdk.isKnownTaskStatus(sdk.TaskStatus.IN_PROGRESS), true);
  assert.equal(sdk.isKnownTaskStatus("waiting"), false);
  assert.equal(sdk.isKnownPriority(3), true);
  assert.equal(sdk.isKnownPriority("3"), false);
});

test("guards of tagged unions know the tags", () => {
  assert.equal(sdk.isKnownTaskFilter({ kind: "label", label: "x" }), true);
  assert.equal(sdk.isKnownTaskFilter({ kind: "age" }), false);
  for (const value of [null, "label", {}, [], 1]) {
    assert.equal(sdk.isKnownTaskFilter(value), false);
  }
});

const contacts = [
  [{ email: "a@example.com" }, "Email"],
  [{ email: "a@example.com", verified: true, more: 1 }, "Email"],
  [{ phone: "1", nickname: "x" }, "Phone"],
  [{ phone: "1", email: "a@example.com", verified: true }, "Email"],
  [{ phone: "1", email: "a@example.com", extension: 3 }, "Phone"],
  [{ phone: 1 }, "Nickname"],
  [{ nickname: null }, undefined],
  [{}, "Nickname"],
  ["red", "Color"],
  ["mauve", "string"],
  [1, "integer"],
  [1.5, "number"],
  [1e300, "number"], // no language holds such an integer
  [[1, "a"], "Pair"],
  [["a"], "list of string"],
  [[1], undefined],
  [[], "list of string"],
  [true, undefined],
  [null, undefined],
];

for (const [value, variant] of contacts) {
  test(`the variant of ${JSON.stringify(value)} is ${variant}`, () => {
    assert.equal(sdk.contactVariant(value), variant);
    assert.equal(sdk.isContactVariant(value, "Email"), variant === "Email");
  });
}

test("what every object inherits is no member", () => {
  assert.equal(sdk.oddVariant({}), undefined);
  assert.equal(sdk.oddVariant(JSON.parse('{"__proto__": "x"}')), "Proto");
  assert.equal(sdk.oddVariant({ constructor: "x" }), "Built");
});

/** Rates a value by one shape: its name, or undefined where it does not fit. */
const fits = (shape, value, shapes) =>
  variantOf(value, { variants: [{ name: "it", shape }], shapes }) === "it";

/** Tells which of several shapes a value fits best. */
const best = (value, ...shapes) =>
  variantOf(value, {
    variants: shapes.map((shape, index) => ({ name: `${index}`, shape })),
  });

test("a tag that is there settles it, known or not", () => {
  const union = {
    tag: "via",
    variants: [
      { name: "Mail", tags: ["mail", 1], shape: { type: "object" } },
      { name: "text", shape: { type: "string" } },
    ],
  };
  assert.equal(variantOf({ via: "mail", other: 1 }, union), "Mail");
  assert.equal(variantOf({ via: 1 }, union), "Mail");
  assert.equal(variantOf({ via: "fax" }, union), undefined);
  assert.equal(variantOf({ via: null }, union), undefined);
  assert.equal(variantOf({ via: undefined }, union), "Mail"); // is not sent
  assert.equal(variantOf({}, union), "Mail");
  assert.equal(variantOf("mail", union), "text");
  assert.equal(variantOf(undefined, union), undefined);
});

test("null is taken where it is declared, and is a misfit for a number", () => {
  assert.equal(fits({ type: "string" }, null), false);
  assert.equal(fits({ type: "string", nullable: true }, null), true);
  assert.equal(fits({}, null), true);
  assert.equal(fits({ type: "number", nan: true }, null), true);
  const other = { type: "string", nullable: true };
  assert.equal(best(null, { type: "number", nan: true }, other), "1");
});

test("limits and patterns decide between equals, and refuse nothing", () => {
  const short = { type: "string", maxLength: 1 };
  assert.equal(fits(short, "ab"), true);
  assert.equal(best("ab", short, { type: "string" }), "1");
  assert.equal(best("😀", short, { type: "string" }), "0");
  const digits = { type: "string", pattern: "^[0-9]+$" };
  assert.equal(best("12", { type: "string", minLength: 3 }, digits), "1");
  assert.equal(best("x", digits, { type: "string" }), "1");
  assert.equal(
    best(5, { type: "number", maximum: 4 }, { type: "number" }),
    "1",
  );
  const above = { type: "number", exclusiveMinimum: 5 };
  assert.equal(best(5, above, { type: "number", minimum: 5 }), "1");
  assert.equal(best(5.5, above, { type: "number" }), "0");
  assert.equal(best(["a"], { type: "array", minLength: 2 }, {}), "1");
});

test("integers that some language cannot hold are misfits", () => {
  const integer = { type: "integer" };
  assert.equal(fits(integer, 1e20), true);
  assert.equal(best(1e20, integer, { type: "number" }), "1");
  assert.equal(best(1e20, { ...integer, wide: true }, integer), "0");
  assert.equal(best(2 ** 63, integer, { type: "number" }), "0");
});

test("names of members that are not declared", () => {
  const keys = { type: "string", enum: ["a", "b"] };
  const shape = { type: "object", propertyNames: keys };
  assert.equal(fits(shape, { a: 1 }), true);
  assert.equal(fits(shape, { a: 1, c: 1 }), false);
  const additional = { type: "integer" };
  assert.equal(fits({ ...shape, additional }, { a: "x" }), false);
});

test("patterns that are not legal with the flag u are read without it", () => {
  const shape = { type: "string", pattern: "a\\-b" };
  assert.equal(best("a-b", shape, { type: "string" }), "0");
  assert.equal(best("a_b", shape, { type: "string" }), "1");
});

test("a format that some client parses refuses other texts", () => {
  const day = { type: "string", format: { pattern: "[0-9]+", parsed: true } };
  assert.equal(fits(day, "2025"), true);
  assert.equal(fits(day, "2025-"), false);
  const url = {
    type: "string",
    format: { pattern: "[a-z]+:.+", parsed: false },
  };
  assert.equal(fits(url, "example"), true);
  assert.equal(best("example", url, { type: "string" }), "1");
  assert.equal(best("https://x", { type: "string" }, url), "1");
});

test("types of items and of optional members decide", () => {
  const texts = { type: "array", items: { type: "string" } };
  const whole = { type: "array", items: { type: "integer" } };
  assert.equal(best([1], texts, whole), "1");
  assert.equal(best(["a", 1], texts, whole), undefined);
  const of = (type) => ({ type: "object", properties: { v: { type } } });
  assert.equal(best({ v: "5" }, of("integer"), of("string")), "1");
});

test("tuples count their items", () => {
  const pair = {
    type: "array",
    prefixItems: [{ type: "string" }, { type: "integer" }],
    minItems: 1,
  };
  assert.equal(fits(pair, []), false);
  assert.equal(fits(pair, ["a"]), true);
  assert.equal(fits(pair, ["a", 1]), true);
  assert.equal(fits(pair, ["a", 1, 2]), false);
  assert.equal(fits({ ...pair, more: true }, ["a", 1, 2]), true);
  assert.equal(best(["a", 1, 2], { ...pair, more: true }, {}), "1");
});

test("members that are not declared", () => {
  const shape = { type: "object", properties: { a: {} }, closed: true };
  assert.equal(fits(shape, { a: 1, b: 2 }), false);
  assert.equal(fits({ ...shape, open: true }, { a: 1, b: 2 }), true);
  const typed = { type: "object", additional: { type: "integer" } };
  assert.equal(fits(typed, { b: "x" }), false);
  assert.equal(fits(shape, { a: 1, b: undefined }), true); // is not sent
});

test("what an enum or a union does not list is a misfit, where they are open", () => {
  const color = { type: "string", enum: ["red", "blue"] };
  assert.equal(fits(color, "mauve"), false);
  assert.equal(fits({ ...color, open: true }, "mauve"), true);
  assert.equal(fits({ ...color, open: true }, 1), false);
  const union = { type: ["string", "integer"], anyOf: [color], open: true };
  assert.equal(fits(union, "mauve"), true);
  assert.equal(fits(union, 1.5), false);
  assert.equal(best("red", { type: "string" }, color), "1");
});

const tree = {
  Tree: {
    type: "object",
    properties: {
      left: { nullable: true, anyOf: [{ ref: "Tree" }, { ref: "Leaf" }] },
      right: { nullable: true, anyOf: [{ ref: "Leaf" }, { ref: "Tree" }] },
    },
  },
  Leaf: { type: "object", properties: { left: { ref: "Tree" } } },
};

test("recursive unions that could be many things are rated in time", () => {
  let value = {};
  for (let level = 0; level < 150; level++) {
    value = { left: value, right: value };
  }
  assert.equal(fits({ ref: "Tree" }, value, tree), true);
});

test("what is nested too deep is unknown", () => {
  let value = {};
  for (let level = 0; level < 100_000; level++) {
    value = { left: value };
  }
  assert.equal(fits({ ref: "Tree" }, value, tree), false);
});
