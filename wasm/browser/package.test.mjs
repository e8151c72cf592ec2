// The npm package where others use it: built by Vite, and in a plain page.
import assert from "node:assert";
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { startBrowser, watch } from "./page.mjs";
import { serve } from "./serve.mjs";

const out = process.env.RHUMB_OUT;

async function titleOf(t, folder) {
  const [browser, server] = [await startBrowser(), await serve(folder)];
  t.after(() => Promise.all([browser.close(), server.end()]));
  const page = await browser.newPage();
  const complaints = watch(page);
  await page.goto(server.url);
  await page.waitForFunction(() => /^(ok|wrong|failed)/.test(document.title), null, { timeout: 60_000 });
  assert.deepStrictEqual(complaints, []);
  return page.title();
}

test("a project that Vite built uses both the engine and the worker", async (t) => {
  assert.strictEqual(await titleOf(t, join(out, "consumer", "dist")), "ok ok");
});

test("a plain page uses it without any build", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "rhumb-plain-"));
  cpSync(join(out, "package"), join(folder, "rhumb-wasm"), { recursive: true });
  writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>waits</title><link rel="icon" href="data:,">
<script type="module">
  import { load, validate } from "./rhumb-wasm/index.js";
  import { open } from "./rhumb-wasm/worker.js";
  await load();
  const session = await open();
  await session.setFile("a.yaml", "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n");
  const { text } = await session.render("");
  session.close();
  document.title = validate({ "a.yaml": text }).objects === 1 ? "ok" : "wrong";
</script>`);
  assert.strictEqual(await titleOf(t, folder), "ok");
});
