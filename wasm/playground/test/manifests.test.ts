import assert from "node:assert";
import test from "node:test";

import { Text } from "@codemirror/state";
import type { LineEdit } from "rhumb-wasm/worker";

import { textAbove } from "../src/editor/manifest-colours.ts";
import { opensText, wordsOf } from "../src/editor/yaml-line.ts";
import { Manifests } from "../src/manifests.ts";

const words = (line: string) => wordsOf(line).map(({ kind, from, to }) => `${kind} ${line.slice(from, to)}`);

test("keys, scalars, comments and marks of a line", () => {
  assert.deepStrictEqual(words("  replicas: 2 # two"), ["key replicas", "number 2", "comment # two"]);
  assert.deepStrictEqual(words("- - name: web"), ["mark -", "mark -", "key name", "string web"]);
  assert.deepStrictEqual(words('image: "a: b # c" # d'), ["key image", 'string "a: b # c"', "comment # d"]);
  assert.deepStrictEqual(words('"a: b": true'), ['key "a: b"', "number true"]);
  assert.deepStrictEqual(words("url: http://a/#b"), ["key url", "string http://a/#b"]);
  assert.deepStrictEqual(words("ports: [80, {name: http, port: 8080}]"), [
    "key ports", "mark [", "number 80", "mark ,", "mark {", "key name", "string http", "mark ,", "key port", "number 8080", "mark }", "mark ]",
  ]);
  assert.deepStrictEqual(words("--- # first"), ["mark ---", "comment # first"]);
  assert.deepStrictEqual(words("# Source: a/templates/b.yaml"), ["comment # Source: a/templates/b.yaml"]);
  assert.deepStrictEqual(words("-a: -1e3"), ["key -a", "number -1e3"]);
  assert.deepStrictEqual(words("just words: no, a key"), ["key just words", "string no, a key"]);
  for (const line of ["", " ", "-", "- ", ":", "'", '"', "[", "{a", "key:", "? x", "a:b"]) wordsOf(line);
});

test("words of any line are in order and inside of it", () => {
  const parts = ["a", ": ", "- ", "#", " #", '"', "'", "[", "]", "{", "}", ",", "|", ">", " ", "\\", "1", "é"];
  for (let seed = 1; seed < 20_000; seed++) {
    let line = "";
    for (let left = seed; left; left = Math.floor(left / parts.length)) line += parts[left % parts.length];
    let end = 0;
    for (const word of wordsOf(line)) {
      assert.ok(word.from >= end && word.to > word.from && word.to <= line.length, JSON.stringify([line, wordsOf(line)]));
      end = word.to;
    }
  }
});

test("texts of strangers take no time", () => {
  const start = performance.now();
  for (const line of [" ".repeat(1e6), "a ".repeat(5e5), "- ".repeat(5e5), `a: ${"|".repeat(1e6)}`, `"${"\\".repeat(1e6)}`, "x: | #".repeat(2e5)]) {
    wordsOf(line);
    opensText(line);
  }
  assert.ok(performance.now() - start < 1_000);
});

test("lines of a text of several lines are known by those above", () => {
  const lines = ["data:", "  a: |", "    key: value", "", "    - more", "  b: 1", "list:", "  - |-", "   x: y", "  - c: >", "      z: 1", "  - d: 2", "note: a |", "  e: f"];
  const inside = lines.map((_, i) => textAbove(Text.of(lines), i + 1) !== undefined);
  assert.deepStrictEqual(lines.filter((_, i) => inside[i]), ["    key: value", "", "    - more", "   x: y", "      z: 1"]);
});

test("edits of lines make the text that the engine has", () => {
  const before = ["a: 1", "b: 2", "c: 3", ""];
  const all: Array<[LineEdit[], string]> = [
    [[{ from: 1, to: 2, lines: ["b: 9"] }], "a: 1\nb: 9\nc: 3\n"],
    [[{ from: 0, to: 0, lines: ["x", "y"] }], "x\ny\na: 1\nb: 2\nc: 3\n"],
    [[{ from: 0, to: 1, lines: [] }, { from: 2, to: 3, lines: ["c", "d"] }], "b: 2\nc\nd\n"],
    [[{ from: 4, to: 4, lines: ["e"] }], "a: 1\nb: 2\nc: 3\n\ne"],
    [[{ from: 2, to: 4, lines: [] }], "a: 1\nb: 2"],
    [[{ from: 0, to: 4, lines: [""] }], ""],
    [[{ from: 0, to: 1, lines: [""] }, { from: 3, to: 4, lines: ["z"] }], "\nb: 2\nc: 3\nz"],
  ];
  for (const [edits, after] of all) {
    const manifests = Manifests.of(before.join("\n")).edited(edits);
    assert.strictEqual(manifests.toString(), after, JSON.stringify(edits));
    assert.strictEqual(manifests.changes!.apply(Text.of(before)).toString(), after);
  }
});

test("a text keeps its line breaks", () => {
  assert.strictEqual(Manifests.of("a: 1\r\nb: 2\n").toString(), "a: 1\r\nb: 2\n");
  assert.strictEqual(Manifests.of("a: 1\r\nb: 2\n").lines.lines, 3);
});
