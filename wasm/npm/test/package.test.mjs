// The package as others have it: its README, its exports, and what is in it.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { load, render, validate } from "rhumb-wasm";

const folder = new URL(".", `file://${createRequire(import.meta.url).resolve("rhumb-wasm/package.json")}`);
const readme = readFileSync(new URL("README.md", folder), "utf8");
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text);

function run(text) {
  const file = new URL("example.mjs", import.meta.url);
  writeFileSync(file, text);
  return execFileSync(process.execPath, [fileURLToPath(file)], { encoding: "utf8", timeout: 60_000 });
}

test("the example of the README renders a chart in at most 20 lines", () => {
  assert.ok(examples[0].trim().split("\n").length <= 20, `${examples[0].trim().split("\n").length} lines`);
  assert.match(run(examples[0]), /# Source: shop\/templates\/web\.yaml\n[\s\S]*name: demo\nspec:\n {2}ports: \[\{port: 8080\}\]\n+$/);
});

test("the example with a worker ends by itself", () => {
  assert.match(run(examples[1]), /kind: ConfigMap/);
});

test("a single question is answered with plain objects", async () => {
  await Promise.all([load(), load()]);
  const built = render({ "kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]\n", "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" });
  assert.deepStrictEqual([built.ok, built.objects, built.findings], [true, 1, []]);
  assert.match(built.yaml, /name: x-a/);
  const checked = validate({ "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prts: [], ports: [{port: 1}]}\n" }, { kubeVersion: "1.33" });
  assert.strictEqual(checked.findings[0].code, "schema-unknown-field");
  assert.throws(() => render([]), /no map/);
});

test("the engine runs inside of a worker", async () => {
  const file = new URL("inside.mjs", import.meta.url);
  writeFileSync(file, `import { parentPort } from "node:worker_threads";
import { load, validate } from "rhumb-wasm";
await load();
parentPort.postMessage(validate({ "a.yaml": "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n" }).objects);
`);
  const answer = await new Promise((resolve, reject) => new Worker(file).on("message", resolve).on("error", reject));
  assert.strictEqual(answer, 1);
});
