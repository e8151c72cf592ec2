// The session in a worker, as promises. The package is found as any other, in node_modules.
import assert from "node:assert";
import test from "node:test";

import { Superseded, TimedOut, WorkerFailed, open } from "rhumb-wasm/worker";

const manifest = "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n";
const template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  text: {{ values.text }}\n";
const files = {
  "rhumb.yaml": manifest,
  "values.yaml": Buffer.from("text: hello\n"),
  "templates/a.yaml": template,
  "overlays/dev/overlay.yaml": "values:\n  text: dev\n",
};
// Ends by itself, long after every time limit of these tests.
const slow = {
  "Chart.yaml": "apiVersion: v2\nname: slow\nversion: 0.1.0\n",
  "templates/a.yaml": `{{ range until 3000 }}{{ range until 3000 }}{{ regexMatch "a(b|c)+d" "abcbcbcbcd" }}{{ end }}{{ end }}`,
};

async function demo(t, options) {
  const session = await open(options);
  t.after(() => session.close());
  await session.loadFiles(files);
  return session;
}

const first = (range) => ({ start: { line: 0, character: range[0] }, end: { line: 0, character: range[1] } });

test("every method of a session answers as a promise", async (t) => {
  const session = await demo(t);
  assert.deepStrictEqual(await session.roots(), [""]);
  assert.strictEqual(await session.rootOf("templates/a.yaml"), "");
  assert.strictEqual((await session.files()).length, 4);
  assert.deepStrictEqual(await session.environments(""), ["dev"]);
  const rendered = await session.render("");
  assert.match(rendered.text, /text: hello\n/);
  assert.deepStrictEqual((await session.objects("")).map(({ kind, data }) => [kind, data.text]), [["ConfigMap", "hello"]]);
  assert.strictEqual((await session.values("")).text, "hello");
  assert.deepStrictEqual(await session.findings(""), []);
  assert.strictEqual(await session.report(""), "");
  const line = rendered.text.split("\n").findIndex((line) => line.includes("text: hello"));
  assert.strictEqual((await session.explain("", line, 8)).field, "data.text");
  assert.strictEqual((await session.renderedFrom("values.yaml", 0, 0))[0].range.start.line, line);
  const place = template.split("\n")[5].indexOf("values.") + "values.".length;
  assert.deepStrictEqual((await session.complete("templates/a.yaml", 5, place)).map(({ label }) => label), ["text"]);
  assert.match((await session.hover("templates/a.yaml", 5, place)).text, /text/);
  assert.strictEqual((await session.definition("templates/a.yaml", 5, place))[0].file, "values.yaml");
  assert.deepStrictEqual(await session.codeActions("values.yaml", first([0, 0])), []);
  assert.strictEqual(await session.edit("values.yaml", first([6, 11]), "bye"), true);
  assert.strictEqual(Buffer.from(await session.readFile("values.yaml")).toString(), "text: bye\n");
  assert.strictEqual(await session.setFile("values.yaml", "text: bye\n"), false);
  assert.strictEqual(await session.deleteFile("overlays/dev/overlay.yaml"), true);
});

test("an update tells what changed since an answer", async (t) => {
  const session = await demo(t);
  const first = await session.update("");
  assert.match(first.text, /text: hello\n/);
  const [, next] = await Promise.all([session.setFile("values.yaml", "text: bye\n"), session.update("", first.state)]);
  assert.deepStrictEqual(next.edits.map(({ lines }) => lines), [["  text: bye"]]);
  assert.strictEqual(next.text ?? next.objects ?? next.findings, undefined);
  const lines = first.text.split("\n");
  for (const { from, to, lines: put } of next.edits) lines.splice(from, to - from, ...put);
  assert.strictEqual(lines.join("\n"), (await session.render("")).text);
});

test("the states of a worker that is gone are unknown to the new one", async (t) => {
  const session = await demo(t, { timeout: 1500 });
  const first = await session.update("");
  await session.loadFiles(Object.fromEntries(Object.entries(slow).map(([path, text]) => [`slow/${path}`, text])));
  await assert.rejects(session.render("slow"), TimedOut);
  assert.match((await session.update("", first.state)).text, /text: hello\n/);
});

test("changes are sent with the question behind them, and outlive a run that is ended", async (t) => {
  const session = await demo(t, { timeout: 1500 });
  await session.loadFiles(Object.fromEntries(Object.entries(slow).map(([path, text]) => [`slow/${path}`, text])));
  const changes = [session.setFile("values.yaml", "text: kept\n"), session.configure("", { environment: "dev" })];
  const hung = session.render("slow");
  assert.deepStrictEqual((await Promise.all(changes))[0], true);
  await assert.rejects(hung, TimedOut);
  assert.match((await session.render("")).text, /text: dev\n/);
  await session.configure("", {});
  assert.match((await session.render("")).text, /text: kept\n/);
});

test("snapshots are of the moment they were asked for", async (t) => {
  const session = await demo(t);
  const [before] = await Promise.all([session.snapshot(""), session.setFile("values.yaml", "text: new\n")]);
  const { summary, text } = await session.diff(before, await session.snapshot(""));
  assert.deepStrictEqual(summary, { added: 0, removed: 0, changed: 1 });
  assert.match(text, /-  text: hello\n\+  text: new\n/);
  await before.free();
});

test("a change drops the questions before it, and no others", async (t) => {
  const session = await demo(t);
  const older = session.render("");
  const paths = session.files();
  const change = session.setFile("values.yaml", "text: newer\n");
  const newer = session.render("");
  await assert.rejects(older, Superseded);
  assert.strictEqual((await paths).length, 4);
  assert.strictEqual(await change, true);
  assert.match((await newer).text, /newer/);
});

test("a question can be taken back", async (t) => {
  const session = await demo(t);
  const controller = new AbortController();
  const asked = session.render("", { signal: controller.signal });
  controller.abort(new Error("no longer"));
  await assert.rejects(asked, /no longer/);
  await assert.rejects(session.render("", { signal: AbortSignal.abort(new Error("never")) }), /never/);
  assert.strictEqual((await session.render("")).ok, true);
});

test("a run that does not end is ended, and a new worker has the files and settings", async (t) => {
  const session = await demo(t, { timeout: 1500 });
  await session.edit("values.yaml", first([6, 11]), "kept");
  await session.configure("", { environment: "dev" });
  const before = await session.snapshot("");
  await session.loadFiles(Object.fromEntries(Object.entries(slow).map(([path, text]) => [`slow/${path}`, text])));
  await assert.rejects(session.render("slow"), TimedOut);
  assert.match((await session.render("")).text, /text: dev\n/);
  await session.configure("", {});
  assert.match((await session.render("")).text, /text: kept\n/);
  await assert.rejects(session.snapshot("").then((after) => session.diff(before, after)), WorkerFailed);
});

test("a run that nobody waits for gets only a moment", async (t) => {
  const session = await demo(t, { timeout: 60_000, grace: 300 });
  await session.loadFiles(Object.fromEntries(Object.entries(slow).map(([path, text]) => [`slow/${path}`, text])));
  const hung = session.render("slow");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const start = Date.now();
  const change = session.setFile("slow/templates/a.yaml", "");
  await assert.rejects(hung, Superseded);
  assert.strictEqual(await change, true);
  assert.strictEqual((await session.render("slow")).ok, true);
  assert.ok(Date.now() - start < 10_000);
});

test("what the engine refuses is an error and changes nothing", async (t) => {
  const session = await demo(t, { timeout: 1500 });
  await assert.rejects(session.setFile("../x", ""), /\.\./);
  await assert.rejects(session.configure("", { nope: 1 }), /nope/);
  await assert.rejects(session.loadArchive("a.tgz", Buffer.from("nothing")), /gzip/);
  await assert.rejects(session.setFile("a", () => {}), Error);
  await session.loadFiles(Object.fromEntries(Object.entries(slow).map(([path, text]) => [`slow/${path}`, text])));
  await assert.rejects(session.render("slow"), TimedOut);
  assert.strictEqual((await session.files()).length, 6);
});

test("a closed session answers nothing", async () => {
  const session = await open();
  const waiting = session.files();
  session.close();
  await assert.rejects(waiting, WorkerFailed);
  await assert.rejects(session.render(""), WorkerFailed);
});

test("a worker that does not start is an error", async () => {
  const worker = () => {
    const like = { postMessage: () => setTimeout(() => like.onerror({ message: "refused" }), 0), terminate() {} };
    return like;
  };
  await assert.rejects(open({ worker }), /refused/);
});
