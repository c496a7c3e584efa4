import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "../dist/index.js";

test("guards of enums know what is listed", () => {
  assert.equal(sdk.isKnownTaskStatus(sdk.TaskStatus.InProgress), true);
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

const shapes = [
  [{ email: "a@example.com" }, "Email"],
  [{ email: "a@example.com", verified: true, more: 1 }, "Email"],
  [{ phone: "1", nickname: "x" }, "Phone"],
  [{ phone: "1", email: "a@example.com", verified: true }, "Email"],
  [{ phone: "1", email: "a@example.com", extension: 3 }, "Phone"],
  [{ phone: 1 }, "Nickname"],
  [{ nickname: null }, "Nickname"],
  [{}, "Nickname"],
  ["red", "Color"],
  ["mauve", "string"],
  [1, "integer"],
  [1.5, "number"],
  [[1, "a"], "Pair"],
  [[1], "array"],
  [[], "array"],
  [true, undefined],
  [null, undefined],
];

for (const [value, variant] of shapes) {
  test(`the shape of ${JSON.stringify(value)} is ${variant}`, () => {
    assert.equal(sdk.contactVariant(value), variant);
  });
}

test("what every object inherits is no member", () => {
  assert.equal(sdk.oddVariant({}), undefined);
  assert.equal(sdk.oddVariant(JSON.parse('{"__proto__": "x"}')), "Proto");
  assert.equal(sdk.oddVariant({ constructor: "x" }), "Built");
});
