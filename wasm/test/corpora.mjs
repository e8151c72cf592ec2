// The conformance corpora through the WASM build: the session of the npm package, in Node, against the bytes that Helm and
// kustomize wrote.
// Usage: corpora.mjs MODULE.js CORPORA KNOWN.toml [all] [CORPUS]; CORPORA has helm/, kustomize/ and gotemplate/, unpacked. Without
// `all`, a sample: every chart once, and of the rest a part. Exits with 1 where a case differs that KNOWN does not list.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [module, corpora, knownFile, ...how] = process.argv.slice(2);
const { Session } = createRequire(import.meta.url)(resolve(module));
const all = how.includes("all");
const wanted = (corpus) => how.every((word) => word === "all") || how.includes(corpus);
const known = readKnown(readFileSync(knownFile, "utf8"));

/** Runs the cases of a corpus: each says what differs, nothing where nothing does, or why it cannot be run here. */
function run(corpus, cases) {
  const counts = { passed: 0, failed: 0, listed: 0 };
  const left = new Map();
  const differing = [];
  for (const { name, test } of cases) {
    const { differs, not } = test();
    if (not) left.set(not, (left.get(not) ?? 0) + 1);
    else if (differs === undefined) counts.passed += 1;
    else if (known.get(corpus)?.has(name)) counts.listed += 1;
    else {
      counts.failed += 1;
      differing.push(`${corpus}: ${name}\n  ${differs.replaceAll("\n", "\n  ")}`);
    }
  }
  for (const text of differing.slice(0, 20)) console.error(text);
  const more = counts.listed ? `, ${counts.listed} listed as known differences` : "";
  console.log(`wasm: ${corpus}: ${counts.passed} passed, ${counts.failed} failed${more}`);
  for (const [why, count] of left) console.log(`wasm: ${corpus}: ${count} not run: ${why}`);
  if (counts.failed || !counts.passed) failed = true;
}

function* charts(root) {
  const seen = new Set();
  for (const chart of folders(join(root, "cases"))) {
    for (const name of folders(join(root, "cases", chart))) {
      const folder = join(root, "cases", chart, name);
      const json = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
      const isFirst = !seen.has(json.chart);
      seen.add(json.chart);
      // What a case asks for beside its chart shows in the sample too: every fifth of these.
      if (all || isFirst || seen.size % 5 === 0) yield { name: `${chart}/${name}`, test: () => chartCase(root, folder, json, isFirst) };
    }
  }
}

// What `helm template` is asked for, as settings of a session.
const FLAGS = {
  "-n": "namespace", "--namespace": "namespace", "--kube-version": "kubeVersion",
  "--api-versions": ["apiVersions"], "-f": ["valuesFiles"], "--set": ["set"], "--set-string": ["setString"],
  "--set-json": ["setJson"], "--set-literal": ["setLiteral"],
};

function chartCase(root, folder, json, isPacked) {
  if (json.nondeterministic) return { not: "Helm's own output differs from run to run" };
  const [, ...args] = json.args;
  const settings = { noValidate: true };
  const words = [];
  let hasCrds = false, hasHooks = true;
  while (args.length) {
    const word = args.shift();
    const [flag, value] = word.startsWith("--") && word.includes("=") ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] : [word];
    const field = FLAGS[flag];
    if (Array.isArray(field)) (settings[field[0]] ??= []).push(value ?? args.shift());
    else if (field) settings[field] = value ?? args.shift();
    else if (flag === "--include-crds") hasCrds = true;
    else if (flag === "--skip-crds") hasCrds = false;
    else if (flag === "--no-hooks") hasHooks = false;
    else if (flag === "--is-upgrade") settings.isUpgrade = true;
    else if (flag.startsWith("-")) return { not: `a session has nothing for ${flag}` };
    else words.push(word);
  }
  const source = words.pop();
  settings.name ??= words.pop();
  const session = new Session("corpora", 1_700_000_000);
  const files = tree(join(root, source));
  let chart = "chart";
  try {
    // Each chart is packed once: then it must give the same as its folder does elsewhere.
    if (isPacked) chart = session.loadArchive("chart.tgz", packed(source.split("/").at(-1), files), "chart");
    else session.loadFiles(below("chart", files));
  } catch (error) {
    return verdict(json.exit_code, undefined, String(error));
  }
  const values = settings.valuesFiles ?? [];
  if (!values.every((path) => existsSync(join(root, path)))) {
    session.free();
    return { not: "values from files that are not there are refused by the command line, not by the engine" };
  }
  settings.valuesFiles = values.map((path, i) => `values/${i}.yaml`);
  values.forEach((path, i) => session.setFile(`values/${i}.yaml`, readFileSync(join(root, path))));
  try {
    session.configure(chart, settings);
  } catch (error) {
    session.free();
    return { not: `no such version of Kubernetes, or nothing that a session takes: ${String(error).split("\n")[0].replace(/`.*?`/, "…")}` };
  }
  const rendered = session.render(chart);
  const report = rendered.ok ? "" : session.report(chart);
  if (json.exit_code !== 0 && /release name/.test(readFileSync(join(folder, "expected.stderr"), "utf8"))) {
    session.free();
    return { not: "names of releases are refused by the command line, not by the engine" };
  }
  session.free();
  if (/cannot be looked up: no cluster is asked/.test(report)) return { not: "the chart asks the cluster, which a session refuses" };
  if (!rendered.ok || json.exit_code !== 0) return verdict(json.exit_code, rendered.ok ? rendered.text : undefined, report);
  const want = readFileSync(join(folder, "expected.yaml"), "utf8");
  return compare(want, asHelmWrites(rendered.text, { hasCrds, hasHooks }));
}

function verdict(code, text, report) {
  if (code !== 0) return text === undefined ? {} : { differs: "it has to fail" };
  return { differs: `it fails: ${report}` };
}

// The text of a session has all documents: definitions, manifests, hooks. `helm template` leaves some out, and ends its
// manifests with a line break where there are none.
function asHelmWrites(text, { hasCrds, hasHooks }) {
  const parts = text.split(/^(?=---\n# Source: )/m).filter(Boolean);
  const isCrd = (part) => /^---\n# Source: [^/\n]+(\/charts\/[^/\n]+)*\/crds\//.test(part);
  const isHook = (part) => /^ {2}annotations: *\n(?: {4,}.*\n|\n)*? {4}["']?helm\.sh\/hook["']?:/m.test(part);
  const kept = parts.filter((part) => (hasCrds || !isCrd(part)) && (hasHooks || !isHook(part)));
  return kept.some((part) => !isHook(part)) ? kept.join("") : `\n${kept.join("")}`;
}

function* kustomizations(root) {
  let number = 0;
  const isWanted = () => all || (number += 1) % 4 === 0;
  for (const name of folders(join(root, "suite"))) {
    const folder = join(root, "suite", name);
    const read = (file) => readFileSync(join(folder, file), "utf8");
    if (isWanted()) yield { name, test: () => kustomization(join(folder, "in"), JSON.parse(read("case.json")), () => read("expected.yaml")) };
  }
  for (const repository of folders(join(root, "real"))) {
    const folder = join(root, "real", repository);
    for (const file of readdirSync(join(folder, "cases")).filter((name) => name.endsWith(".json")).sort()) {
      const path = join(folder, "cases", file);
      const name = `${repository}/${file.slice(0, -5)}`;
      const want = () => readFileSync(path.replace(/json$/, "yaml"), "utf8");
      if (isWanted()) yield { name, test: () => kustomization(join(folder, "tree"), JSON.parse(readFileSync(path, "utf8")), want) };
    }
  }
}

// The cases of a repository have one session, as editors have one for a folder with many packages.
let open;
function sessionOf(folder) {
  if (open?.folder === folder) return open.session;
  open?.session.free();
  open = { folder, session: new Session() };
  open.session.loadFiles(tree(folder));
  return open.session;
}

function kustomization(folder, json, want) {
  if (json.args.length) return { not: `a session has nothing for ${json.args[0]}` };
  const isObject = (text) => !text.trim() || (/^apiVersion:/m.test(text) && /^kind:/m.test(text));
  if (json.exit_code === 0 && !want().split(/^---$/m).every(isObject)) return { not: "documents without apiVersion or kind are no objects to rhumb" };
  const isOne = ["kustomization.yaml", "kustomization.yml", "Kustomization"].some((file) => existsSync(join(folder, json.dir, file)));
  if (json.exit_code !== 0 && !isOne) return { not: "a folder without a kustomization is one of manifests to rhumb" };
  const session = sessionOf(folder);
  const root = join(json.dir).replace(/^\.(\/|$)|\/$/g, "");
  session.configure(root, { noValidate: true });
  const rendered = session.render(root);
  const report = rendered.ok ? "" : session.report(root);
  if (!rendered.ok || json.exit_code !== 0) return verdict(json.exit_code, rendered.ok ? rendered.text : undefined, report);
  // The program writes `---` between documents, and not before the first.
  return compare(want(), rendered.text.replace(/^---\n/, ""));
}

const CHART = `apiVersion: v2
name: demo
version: 1.2.3
appVersion: 4.5.6
type: application
description: A demo chart
home: https://example.com/demo
icon: https://example.com/icon.png
kubeVersion: ">=1.20.0-0"
keywords: [one, two]
sources: [https://example.com/src]
maintainers:
- {name: Ann, email: ann@example.com, url: https://example.com/ann}
annotations: {example.com/a: b, "false": "1"}
`;
// The notes of a chart are text of any kind. Coded, nothing is taken out of it, and there is something where it is empty.
const NOTES = 'coded {{ include "demo/templates/_t.yaml" . | b64enc }}';

function* vectors(root) {
  let number = 0;
  for (const file of readdirSync(root).filter((name) => name.endsWith(".jsonl")).sort()) {
    for (const line of readFileSync(join(root, file), "utf8").split("\n").filter(Boolean)) {
      const json = JSON.parse(line);
      if (all || (number += 1) % 4 === 0) yield { name: json.name, test: () => vector(json, file) };
    }
  }
}

function vector(json, file) {
  if (file.startsWith("go-")) return { not: "templates outside of charts are no part of the package" };
  if (file.startsWith("yaml-")) return { not: "YAML alone is no part of the package" };
  const { expect } = json;
  if (/t\.yaml|\.Template/.test(JSON.stringify([json.template, json.defines, expect.output]))) return { not: "it shows what its file is called" };
  const content = (text) => (typeof text === "string" ? text : Buffer.from(text?.b64 ?? "", "base64"));
  const prefixed = (prefix, map) => Object.fromEntries(Object.entries(map ?? {}).map(([name, text]) => [`${prefix}${name}`, content(text)]));
  const subcharts = Object.entries(json.subcharts ?? {}).map(([name, files]) => ({
    [`charts/${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`, ...prefixed(`charts/${name}/`, files),
  }));
  const session = new Session("corpora", 1_700_000_000);
  session.loadFiles({
    "Chart.yaml": CHART, "values.yaml": json.values_yaml ?? "", "templates/_t.yaml": json.template, "templates/NOTES.txt": NOTES,
    ...prefixed("templates/", json.defines), ...prefixed("", json.files), ...Object.assign({}, ...subcharts),
  });
  session.configure("", {
    name: "demo", namespace: "default", kubeVersion: "v1.31.0", noValidate: true, values: [JSON.stringify(json.data)],
    ...(json.set && { set: json.set }), ...(json.api_versions && { apiVersions: json.api_versions }),
  });
  const rendered = session.render("");
  const failure = rendered.notes === null && !rendered.ok ? session.findings("")[0] : undefined;
  session.free();
  if (expect.error !== undefined) return rendered.notes === null && failure ? {} : { differs: `it has to fail: ${expect.error}` };
  if (rendered.notes === null) return { differs: `it fails: ${failure?.message}` };
  const got = Buffer.from(rendered.notes.slice("coded ".length), "base64").toString();
  return got === expect.output ? {} : { differs: `want: ${JSON.stringify(expect.output)}\n got: ${JSON.stringify(got)}` };
}

function compare(want, got) {
  if (want === got) return {};
  const [a, b] = [want.split("\n"), got.split("\n")];
  const line = a.findIndex((text, i) => text !== b[i]);
  const at = line < 0 ? a.length : line;
  return { differs: `line ${at + 1}\nwant: ${JSON.stringify(a[at])}\n got: ${JSON.stringify(b[at])}` };
}

function folders(path) {
  return existsSync(path) ? readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory()).sort() : [];
}

/** Returns the files below a folder by their paths. */
function tree(root) {
  const files = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) files[relative(root, path)] = readFileSync(path);
  }
  return files;
}

function below(folder, files) {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));
}

/** Packs files as `helm package` does: a tar, gzipped. Names that are too long for a header go into one before it. */
function packed(folder, files) {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const name = `${folder}/${path}`;
    const long = Buffer.byteLength(name) > 100 ? [...entry("././@LongLink", "L", Buffer.from(`${name}\0`))] : [];
    return [...long, ...entry(name, "0", content)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 1 });
}

function entry(name, type, content) {
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0);
  header.write("0000644\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar  \0", 257);
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** Reads `[corpus]` and `"case" = "reason"`, as the conformance runner does. */
function readKnown(text) {
  const found = new Map();
  let corpus;
  for (const line of text.split("\n").map((line) => line.trim())) {
    const head = /^\[(.+)\]$/.exec(line);
    if (head) found.set(head[1], (corpus = new Set()));
    const entry = /^("(?:\\.|[^"\\])*") *=/.exec(line);
    if (entry) corpus?.add(JSON.parse(entry[1]));
  }
  return found;
}

let failed = false;
for (const [corpus, cases] of [["helm", charts], ["kustomize", kustomizations], ["gotemplate", vectors]]) {
  if (wanted(corpus)) run(corpus, [...cases(join(corpora, corpus))]);
}
process.exit(failed ? 1 : 0);
