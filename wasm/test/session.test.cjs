// The session as JavaScript calls it; RHUMB_WASM is what wasm-bindgen made for Node.
const assert = require("assert");
const path = require("path");
const test = require("node:test");
const zlib = require("zlib");

const { Session } = require(path.resolve(process.env.RHUMB_WASM));

const manifest = "apiVersion: rhumb.dev/v1\nkind: Package\nname: demo\nversion: 0.1.0\n";
const template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  text: {{ values.text }}\n";
const chartYaml = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
const chartTemplate = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  size: {{ .Values.size | quote }}\n';

function demo() {
  const session = new Session();
  session.loadFiles({
    "rhumb.yaml": manifest,
    "values.yaml": Buffer.from("text: hello\n"),
    "templates/a.yaml": template,
    "overlays/dev/overlay.yaml": "values:\n  text: dev\n",
  });
  return session;
}

// A tar of one block of header and the content for each file, gzipped.
function archive(files) {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, "0") + "\0", 124);
    header.write("        0ustar\00000", 148);
    header.write(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
    const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    content.write(text);
    return [header, content];
  });
  return zlib.gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function lineOf(text, what) {
  const line = text.split("\n").findIndex((line) => line.includes(what));
  assert(line >= 0, `${what} in ${text}`);
  return line;
}

test("a package renders, with the places of its objects", () => {
  const rendered = demo().render("");
  assert.strictEqual(rendered.ok, true);
  assert.match(rendered.text, /text: hello\n/);
  assert.strictEqual(rendered.objects.length, 1);
  assert.strictEqual(rendered.objects[0].source, "templates/a.yaml");
});

test("environments are built with their values, and differ from the package", () => {
  const session = demo();
  assert.deepStrictEqual(session.environments(""), ["dev"]);
  const [plain, dev] = [session.snapshot("", undefined), session.snapshot("", { environment: "dev" })];
  const { summary, objects, text } = session.diff(plain, dev);
  assert.deepStrictEqual(summary, { added: 0, removed: 0, changed: 1 });
  assert.deepStrictEqual(
    objects[0].changes.map(({ path, before, after }) => [path, before, after]),
    [["data.text", "hello", "dev"]],
  );
  assert.match(text, /dev/);
  session.configure("", { environment: "dev" });
  assert.match(session.render("").text, /text: dev\n/);
});

test("a rendered line leads to the template and the value, and back", () => {
  const session = demo();
  const line = lineOf(session.render("").text, "text: hello");
  const found = session.explain("", line, 8);
  assert.strictEqual(found.field, "data.text");
  assert.deepStrictEqual(
    found.origins.map(({ kind, file }) => [kind, file]),
    [["template", "templates/a.yaml"], ["value", "values.yaml"]],
  );
  assert.strictEqual(session.renderedFrom("values.yaml", 0, 0)[0].range.start.line, line);
  assert.strictEqual(session.explain("", 9999, 0), null);
});

test("findings have places, in UTF-16 columns", () => {
  const session = demo();
  session.setFile("templates/a.yaml", template + "  more: {{ '😀' }}{{ values.nope }}\n");
  const [finding] = session.findings("").filter(({ file }) => file === "templates/a.yaml");
  assert.strictEqual(finding.severity, "error");
  const line = "  more: {{ '😀' }}{{ values.nope }}";
  assert.strictEqual(line.slice(finding.range.start.character, finding.range.end.character), "values.nope");
  assert.match(session.report(""), /templates\/a\.yaml:7/);
  session.setFile("templates/a.yaml", template);
  assert.deepStrictEqual(session.findings(""), []);
});

test("completion and hover know values, and edits are taken", () => {
  const session = demo();
  const place = template.split("\n")[5].indexOf("values.") + "values.".length;
  assert.deepStrictEqual(session.complete("templates/a.yaml", 5, place).map(({ label }) => label), ["text"]);
  assert.match(session.hover("templates/a.yaml", 5, place + 1).text, /text/);
  assert.strictEqual(session.definition("templates/a.yaml", 5, place + 1)[0].file, "values.yaml");
  const range = { start: { line: 0, character: 6 }, end: { line: 0, character: 11 } };
  session.edit("values.yaml", range, "bye");
  assert.strictEqual(Buffer.from(session.readFile("values.yaml")).toString(), "text: bye\n");
});

test("a packed chart is unpacked and rendered", () => {
  const session = new Session();
  const bytes = archive({
    "web/Chart.yaml": chartYaml,
    "web/values.yaml": "size: 3\n",
    "web/templates/a.yaml": chartTemplate,
  });
  assert.strictEqual(session.loadArchive("web.tgz", bytes), "web");
  assert.deepStrictEqual(session.roots(), ["web"]);
  session.configure("web", { name: "shop", set: ["size=4"] });
  assert.match(session.render("web").text, /name: shop\ndata:\n {2}size: "4"\n/);
});

test("a kustomization is built", () => {
  const session = new Session();
  session.loadFiles({
    "k/kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]\n",
    "k/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
  });
  assert.match(session.render("k").text, /name: x-a\n/);
});

test("an archive that unpacks to more than the limits is refused and changes nothing", () => {
  const session = new Session();
  const bomb = archive({ "web/Chart.yaml": chartYaml, "web/values.yaml": "# " + "a".repeat(64 << 20) + "\n" });
  assert.throws(() => session.loadArchive("web.tgz", bomb), /chart|larger|times/);
  assert.throws(() => session.loadArchive("web.tgz", Buffer.from("no archive at all")), /gzip/);
  assert.deepStrictEqual(session.files(), []);
});

test("wrong calls are errors and change nothing", () => {
  const session = demo();
  assert.throws(() => session.setFile("../x", ""), Error);
  assert.throws(() => session.loadFiles({ "b.yaml": "", "a.yaml": 1 }), /`a\.yaml` is neither/);
  assert.strictEqual(session.readFile("b.yaml"), undefined);
  assert.throws(() => session.configure("", { nope: 1 }), /nope/);
  assert.throws(() => session.configure("", { kubeVersion: "0.1" }), Error);
  assert.throws(() => session.edit("nope", { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, ""), /no file/);
  assert.strictEqual(session.deleteFile("values.yaml"), true);
  assert.strictEqual(session.deleteFile("values.yaml"), false);
});
