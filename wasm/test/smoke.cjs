// Renders a package with the WASM build and compares with what the command line wrote.
const fs = require("fs");
const path = require("path");
const assert = require("assert");

const [, , library, folder, environment, expected] = process.argv;
const { render, validate } = require(path.resolve(library));

const files = {};
for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath ?? entry.path, entry.name);
  files[path.relative(folder, file)] = fs.readFileSync(file, "utf8");
}
const options = environment ? { environment } : {};
const built = JSON.parse(render(JSON.stringify(files), JSON.stringify(options)));
assert(built.ok, built.report);
assert.strictEqual(built.yaml, fs.readFileSync(expected, "utf8"));

const checked = JSON.parse(validate(JSON.stringify({ "all.yaml": built.yaml }), "{}"));
assert(checked.ok, checked.report);
assert.strictEqual(checked.objects, built.objects);

const broken = JSON.parse(render(JSON.stringify(files), JSON.stringify({ set: ["replicas=many"] })));
assert.strictEqual(broken.ok, false);
assert(broken.findings[0].code.startsWith("values-"), broken.report);
assert.throws(() => render("[]", "{}"), /no map/);
