import assert from "node:assert";
import test from "node:test";

import { actions } from "../src/editor/tokens.ts";

const words = (text: string, dialect: "go" | "jinja") =>
  actions(text, dialect).map(({ tokens }) => tokens.map(({ kind, from, to }) => `${kind} ${text.slice(from, to)}`));

test("Go templates", () => {
  assert.deepStrictEqual(words('a: {{- if and .Values.on (eq "x" $.y) }}', "go"), [
    ["brace {{-", "keyword if", "keyword and", "name .Values.on", "function eq", 'string "x"', "name $.y", "brace }}"],
  ]);
  assert.deepStrictEqual(words("{{ .a | default 80 | quote -}}{{/* no */}}", "go"), [
    ["brace {{", "name .a", "function default", "number 80", "function quote", "brace -}}"],
    ["brace {{", "comment /* no */", "brace }}"],
  ]);
});

test("Jinja", () => {
  assert.deepStrictEqual(words("{% for x in values.list %}{{ x | upper }}{# no #}", "jinja"), [
    ["brace {%", "keyword for", "name x", "keyword in", "name values.list", "brace %}"],
    ["brace {{", "name x", "function upper", "brace }}"],
    ["comment {# no #}"],
  ]);
});

test("what is not closed ends with its line, and empty actions are fine", () => {
  assert.deepStrictEqual(actions("a: {{ .x\nb: 1", "go").map(({ from, to }) => [from, to]), [[3, 8]]);
  assert.deepStrictEqual(words("{{}}{{--}}{{", "go").length, 3);
  for (const text of ["{{", "{{-", "{{ \"", "{%%}", "{{-}}", "{#", "}}"]) for (const dialect of ["go", "jinja"] as const) actions(text, dialect);
});
