import assert from "node:assert";
import test from "node:test";

import { fieldsOf, type Field } from "../src/form/fields.ts";
import { flagOf, isSet, withFlag } from "../src/form/flags.ts";

const kinds = (fields: Field[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ path, kind, fields }) => [path.at(-1), kind === "group" ? kinds(fields) : kind]));

test("a schema says what fields there are, in its order, before those that only the values have", () => {
  const schema = {
    properties: {
      size: { $ref: "#/$defs/size" }, on: { type: ["boolean", "null"] }, name: { type: "string", description: "The name." },
      level: { enum: ["low", "high"] }, either: { type: ["string", "integer"] }, labels: { type: "object" },
      inner: { type: "object", properties: { rate: { type: "number" } } },
    },
    required: ["name"],
    $defs: { size: { type: "integer", minimum: 1, maximum: 9 } },
  };
  const fields = fieldsOf(schema, { name: "x", extra: 1.5 });
  assert.deepStrictEqual(kinds(fields), { size: "integer", on: "flag", name: "text", level: "choice", either: "data", labels: "data", inner: { rate: "number" }, extra: "number" });
  assert.deepStrictEqual([fields[0]!.least, fields[0]!.most, fields[2]!.required, fields[2]!.description, fields[2]!.value], [1, 9, true, "The name.", "x"]);
});

test("without a schema the values say it", () => {
  assert.deepStrictEqual(kinds(fieldsOf(undefined, { a: { b: true, c: [] }, d: "x", e: null, f: {} })), { a: { b: "flag", c: "data" }, d: "text", e: "data", f: "data" });
});

test("schemas that refer in a circle or out of themselves end", () => {
  const circle = { properties: { a: { $ref: "#/properties/a" }, b: { $ref: "https://example.com/x" }, c: { $ref: "#/nowhere" } } };
  assert.deepStrictEqual(kinds(fieldsOf(circle, {})), { a: "data", b: "data", c: "data" });
  const deep = { properties: { a: { $ref: "#" } } };
  assert.ok(JSON.stringify(fieldsOf({ ...deep, type: "object" }, {})).length < 10_000);
});

test("what is set is a flag of the command line", () => {
  assert.strictEqual(flagOf(["a", "b.c", "d,e"], { x: [1, "é"] }), 'a.b\\.c.d\\,e={"x":[1,"é"]}');
  const flags = withFlag(withFlag([], ["a"], 1), ["a", "b"], 2);
  assert.deepStrictEqual(withFlag(flags, ["a"], 3), ["a.b=2", "a=3"]);
  assert.deepStrictEqual(withFlag(flags, ["a"], undefined), ["a.b=2"]);
  assert.deepStrictEqual([isSet(flags, ["a"]), isSet(flags, ["c"])], [true, false]);
});
