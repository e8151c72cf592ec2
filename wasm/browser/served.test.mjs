// `rhumb playground`: the page and a folder of the disk, from the program.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { answered, folder as page, open, picture, startBrowser, textOf } from "./page.mjs";

function source(t) {
  const folder = mkdtempSync(join(tmpdir(), "rhumb-served-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of [
    ["base/kustomization.yaml", "resources: [a.yaml]\n"],
    ["base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {greeting: hello}\n"],
    ["prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"],
  ]) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Starts the program and returns the address that it prints. */
async function served(t, folder) {
  const program = spawn(process.env.RHUMB_BIN, ["playground", folder, "--page", page], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => program.kill());
  const [line] = await new Promise((resolve, reject) => {
    program.stdout.once("data", (data) => resolve(String(data).split("\n")));
    program.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
  return line;
}

const skip = process.env.RHUMB_BIN || process.env.CI === "true" ? false : "RHUMB_BIN names no program";

test("the page shows the folder, and reads it again", { skip }, async (t) => {
  const folder = source(t);
  const url = await served(t, join(folder, "prod"));
  const browser = await startBrowser();
  t.after(() => browser.close());
  const view = await open(t, browser, url);
  assert.match(await textOf(view, "manifests"), /greeting: hello\n[\s\S]*name: prod-a\n/);
  await picture(view, "served");
  writeFileSync(join(folder, "base/a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {greeting: bye}\n");
  await answered(view, () => view.click("#reload"));
  assert.match(await textOf(view, "manifests"), /greeting: bye\n/);
});

test("others are refused", { skip }, async (t) => {
  const url = new URL(await served(t, source(t)));
  const status = (path, headers) => new Promise((resolve, reject) => {
    request({ host: url.hostname, port: url.port, path, headers }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers]);
    }).on("error", reject).end();
  });
  const [good, headers] = await status(url.pathname, {});
  assert.strictEqual(good, 200);
  assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
  assert.strictEqual(headers["referrer-policy"], "no-referrer");
  assert.strictEqual((await status("/", {}))[0], 404);
  assert.strictEqual((await status(`${url.pathname}../../etc/passwd`, {}))[0], 404);
  assert.strictEqual((await status(`${url.pathname}files.json`, { Host: "evil.example" }))[0], 421);
  assert.strictEqual((await status(`${url.pathname}files.json`, { Origin: "https://evil.example" }))[0], 403);
  assert.strictEqual((await status(`${url.pathname}files.json`, { "Sec-Fetch-Site": "cross-site" }))[0], 403);
  assert.strictEqual((await status(`${url.pathname}files.json`, {}))[0], 200);
});
