// What people do in the playground.
import assert from "node:assert";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, before, describe } from "node:test";

import { archive } from "./archive.mjs";
import { answered, folder as built, inBrowser, open, openFile, openFiles, paste, picture, replaceText, textOf } from "./page.mjs";
import { serve } from "./serve.mjs";

const strange = {
  "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
  "web/values.yaml": "port: many\nname: front\n",
  "web/templates/service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  ports:\n    - port: {{ .Values.port }}\n",
};

describe("the playground", () => {
  const at = inBrowser({ before, after });
  const start = (t, options) => open(t, at.browser, at.server.url, options);
  const verdict = (page) => page.textContent("#verdict");

  test("loads with an example that is well", async (t) => {
    const page = await start(t);
    assert.match(await verdict(page), /^✓ \d+ objects$/);
    assert.match(await textOf(page, "manifests"), /kind: Deployment/);
    await picture(page, "first");
  });

  test("an edit changes the manifests; a break is shown where it is, and a fix takes it away", async (t) => {
    const page = await start(t);
    await openFile(page, "ml-model/values.yaml", "replicas: 3");
    await answered(page, () => page.keyboard.press("Backspace"));
    await answered(page, () => page.keyboard.type("7"));
    assert.match(await textOf(page, "manifests"), /replicas: 7\n/);
    await answered(page, () => page.keyboard.type("x"));
    await page.waitForFunction(() => document.querySelector("#verdict").className === "bad");
    assert.match(await verdict(page), /1 error/);
    await page.locator("#editor .cm-lintRange-error").first().waitFor();
    await page.click("#tab-findings");
    assert.match(await page.textContent("#panel-findings"), /replicas/);
    await picture(page, "broken");
    await page.locator("#panel-findings .places button").first().click();
    assert.strictEqual(await page.getAttribute("#editor", "data-file"), "ml-model/values.yaml");
    await openFile(page, "ml-model/values.yaml", "replicas: 7x");
    await answered(page, () => page.keyboard.press("Backspace"));
    assert.match(await verdict(page), /^✓/);
    assert.match(await page.textContent("#panel-findings"), /Nothing is wrong/);
  });

  test("a packed chart of a stranger is dropped, and fixed in the form", async (t) => {
    const page = await start(t);
    const bytes = [...archive(strange)];
    await answered(page, () => page.evaluate((bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "web-0.1.0.tgz"));
      document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }, bytes));
    assert.match(await verdict(page), /1 error/);
    assert.deepStrictEqual(await page.locator("#tree .file").allTextContents(), ["service.yaml1", "Chart.yaml", "values.yaml"]);
    await page.click("#tab-findings");
    assert.match(await page.textContent("#panel-findings"), /expected an integer/);
    await page.click("#tab-values");
    const port = page.locator('[data-path="port"] input');
    await port.fill("x");
    assert.match(await verdict(page), /1 error/);
    await page.click("#tab-manifests");
    await page.click("#tab-values");
    // The default is a text, so that the form has a text field; the flag that it makes is a text as well.
    await openFile(page, "web/values.yaml", "port: many");
    await page.locator('[data-path="port"] .reset').click();
    await replaceText(page, "port: 80\nname: front\n");
    assert.match(await verdict(page), /^✓ 1 objects/);
    await answered(page, () => page.locator('[data-path="port"] input').fill("8080"));
    await page.click("#tab-manifests");
    assert.match(await textOf(page, "manifests"), /port: 8080/);
    assert.match(await page.textContent("#command"), /rhumb render web --set-json port=8080/);
    await page.click("#copy");
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /name: front[\s\S]*port: 8080/);
  });

  test("what is no chart is refused, and what was open stays", async (t) => {
    const page = await start(t);
    await page.setInputFiles("#archive", { name: "a.tgz", mimeType: "application/gzip", buffer: Buffer.from("nothing") });
    await page.waitForFunction(() => document.querySelector("#message").textContent.includes("gzip"));
    await openFile(page, "ml-model/values.yaml", "replicas: 3");
    await answered(page, () => page.keyboard.type("1"));
    assert.match(await textOf(page, "manifests"), /replicas: 31\n/);
  });

  test("a folder is opened", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "rhumb-folder-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const [path, text] of Object.entries({ ...strange, "web/.git/x": "no", "web/pixel.png": Buffer.from([137, 80, 0, 255]) })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const page = await start(t);
    await answered(page, () => page.setInputFiles("#folder", join(folder, "web")));
    const paths = await page.locator("#tree .file").evaluateAll((items) => items.map((item) => item.dataset.path));
    assert.deepStrictEqual(paths, ["web/templates/service.yaml", "web/Chart.yaml", "web/pixel.png", "web/values.yaml"]);
    await page.locator('#tree [data-path="web/pixel.png"]').click();
    assert.match(await textOf(page, "editor"), /no text/);
  });

  test("a line leads to its origin, and back", async (t) => {
    const page = await start(t);
    await page.locator("#manifests .cm-line", { hasText: "automountServiceAccountToken" }).first().click();
    await page.locator("#origins button").first().waitFor();
    assert.strictEqual(await page.getAttribute("#editor", "data-file"), "ml-model/templates/serviceaccount.yaml");
    await page.locator("#editor .cm-origin").waitFor();
    await picture(page, "origin");
    await page.locator('#tree [data-path="ml-model/values.yaml"]').click();
    await page.locator("#editor .cm-line", { hasText: /^replicas: 3/ }).click();
    await page.locator("#manifests .cm-origin", { hasText: "replicas: 3" }).waitFor();
  });

  test("the environment is switched, and compared with", async (t) => {
    const page = await start(t);
    await answered(page, () => page.selectOption("#environment", "prod"));
    await page.click("#tab-diff");
    await page.waitForFunction(() => /[1-9]\d* changed/.test(document.querySelector("#diff-summary").textContent));
    await page.locator("#differences .cm-added").first().waitFor();
    await picture(page, "diff");
    await page.selectOption("#against", "dev");
    await page.waitForFunction(() => /[1-9]\d* (changed|added|removed)/.test(document.querySelector("#diff-summary").textContent));
    await page.click("#rebase");
    await page.selectOption("#against", "=");
    await page.waitForFunction(() => document.querySelector("#diff-summary").textContent === "0 added, 0 removed, 0 changed");
  });

  test("the objects are a picture that leads to their text", async (t) => {
    const page = await start(t);
    await answered(page, () => page.selectOption("#example", "shop, a chart"));
    await page.click("#tab-graph");
    await page.locator(".node").first().waitFor();
    const labels = await page.locator(".node").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("aria-label")));
    assert.ok(labels.includes("Ingress/demo, routes to Service/demo-web, certificate Secret/demo-tls"), labels.join("\n"));
    assert.ok(labels.some((label) => label.startsWith("Deployment/demo-web, reads ConfigMap/demo-config")), labels.join("\n"));
    await picture(page, "graph");
    await page.locator('.node[aria-label^="Service/demo-cache"]').focus();
    await page.keyboard.press("Enter");
    await page.locator("#manifests .cm-origin").waitFor();
    assert.strictEqual(await page.getAttribute("#tab-manifests", "aria-selected"), "true");
    await page.click("#tab-notes");
    assert.strictEqual(await page.textContent("#panel-notes pre"), "The shop is at https://shop.example.com/\n");
  });

  test("a graph that is wider than its panel is reached with keys, and fits when it is asked to", async (t) => {
    const page = await start(t);
    const manifest = (kind, name, rest = "") => `---\nkind: ${kind}\nmetadata: {name: ${name}}\n${rest}`;
    const text = [
      manifest("Ingress", "in", "apiVersion: networking.k8s.io/v1\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n"),
      manifest("Service", "web", "apiVersion: v1\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"),
      manifest("Deployment", "web", "apiVersion: apps/v1\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: web, envFrom: [{configMapRef: {name: read}}]}]\n"),
      manifest("ConfigMap", "read", "apiVersion: v1\n"),
      ...Array.from({ length: 18 }, (_, i) => manifest("ConfigMap", `alone-${i}`, "apiVersion: v1\n")),
    ].join("");
    await openFiles(page, { files: { "a.yaml": text } });
    await page.keyboard.press("Alt+4");
    await page.locator(".node").first().waitFor();
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), "graph-view");
    const view = page.locator("#graph-view");
    const state = () => view.evaluate((view) => {
      const { left, right, top, bottom } = view.getBoundingClientRect();
      const isSeen = (node) => {
        const box = node.getBoundingClientRect();
        return box.left >= left - 1 && box.right <= right + 1 && box.top >= top - 1 && box.bottom <= bottom + 1;
      };
      const nodes = [...view.querySelectorAll(".node")];
      return { isWider: view.scrollWidth > view.clientWidth, at: view.scrollLeft, seen: nodes.filter(isSeen).length, all: nodes.length };
    });
    const columns = await page.locator(".node").evaluateAll((nodes) => new Set(nodes.map((node) => node.getAttribute("transform").split(" ")[0])).size);
    assert.ok(columns >= 5, `${columns} columns`);
    assert.strictEqual((await state()).isWider, true);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector("#graph-view").scrollLeft > 0);
    const last = page.locator('.node[aria-label="ConfigMap/alone-17"]');
    await last.focus();
    await page.waitForFunction(() => {
      const [view, node] = ["#graph-view", '.node[aria-label="ConfigMap/alone-17"]'].map((one) => document.querySelector(one).getBoundingClientRect());
      return node.right <= view.right + 1 && node.bottom <= view.bottom + 1 && node.left >= view.left - 1;
    });
    await page.locator("#graph-fit").focus();
    await page.keyboard.press("Space");
    assert.strictEqual(await page.getAttribute("#graph-fit", "aria-pressed"), "true");
    const fitted = await state();
    assert.deepStrictEqual([fitted.isWider, fitted.seen], [false, fitted.all]);
    await picture(page, "graph-fit");
    await page.keyboard.press("Space");
    assert.strictEqual((await state()).isWider, true);
  });

  test("a template that fails says why and where, and the form puts it right", async (t) => {
    const page = await start(t);
    const template = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: "{{ required "image.repository says where the image is" .Values.image.repository }}:{{ .Values.image.tag }}"
`;
    const bytes = archive({
      "stranger/Chart.yaml": "apiVersion: v2\nname: stranger\nversion: 1.0.0\n",
      "stranger/values.yaml": 'replicas: 1\nimage:\n  repository: ""\n  tag: "1.0"\n',
      "stranger/templates/deployment.yaml": template,
    });
    await answered(page, () => page.setInputFiles("#archive", { name: "stranger-1.0.0.tgz", mimeType: "application/gzip", buffer: bytes }));
    assert.match(await page.textContent("#verdict"), /1 error/);
    await page.click("#tab-findings");
    const finding = page.locator("#panel-findings .finding").first();
    assert.match(await finding.textContent(), /image\.repository says where the image is/);
    assert.match(await finding.locator(".places button").first().textContent(), /templates\/deployment\.yaml:13/);
    await finding.locator(".places button").first().click();
    await page.waitForFunction(() => document.querySelector("#editor").dataset.file === "stranger/templates/deployment.yaml");
    await page.click("#tab-values");
    await answered(page, () => page.locator('[data-path="image.repository"] input').fill("registry.example.com/web"));
    assert.match(await page.textContent("#verdict"), /^✓ 1 objects/);
    await page.click("#tab-manifests");
    await page.click("#copy");
    await page.waitForFunction(() => document.querySelector("#message").textContent.includes("copied"));
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /image: "registry\.example\.com\/web:1\.0"/);
    assert.match(copied, /^---\n# Source: stranger\/templates\/deployment\.yaml\n/);
    assert.match(await page.textContent("#command"), /rhumb render stranger --set-json/);
    await picture(page, "stranger");
  });

  test("values complete and are told of, and a form sets them", async (t) => {
    const page = await start(t);
    await openFile(page, "ml-model/templates/service.yaml", 1);
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# {{ values.");
    await page.locator(".cm-tooltip-autocomplete li", { hasText: "replicas" }).waitFor();
    await picture(page, "completion");
    await page.keyboard.press("Escape");
    await page.locator('#tree [data-path="ml-model/values.yaml"]').click();
    await page.locator("#editor .cm-line", { hasText: /^replicas: 3/ }).locator("span").first().hover();
    await page.locator(".cm-tooltip-hover .markdown").waitFor();
    assert.match(await page.textContent(".cm-tooltip-hover .markdown"), /Copies of the model server/);
    await page.click("#tab-values");
    await answered(page, () => page.locator('[data-path="replicas"] input').fill("9"));
    await picture(page, "values");
    await page.locator('[data-path="replicas"].set').waitFor();
    assert.match(await page.textContent("#command"), /--set-json replicas=9/);
    await answered(page, () => page.locator('[data-path="replicas"] .reset').click());
    await page.waitForFunction(() => document.querySelector('[data-path="replicas"] input').value === "3");
  });

  test("a link holds the files, the settings and the place", async (t) => {
    const page = await start(t);
    await answered(page, () => page.selectOption("#environment", "dev"));
    await openFile(page, "ml-model/values.yaml", "replicas: 3");
    await answered(page, () => page.keyboard.type("4"));
    await page.click("#share");
    await page.waitForFunction(() => document.querySelector("#message").textContent.includes("copied"));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await open(t, at.browser, link);
    assert.match(await textOf(other, "editor"), /replicas: 34\n/);
    assert.strictEqual(await other.inputValue("#environment"), "dev");
    assert.strictEqual(await textOf(other, "manifests"), await textOf(page, "manifests"));
  });

  test("a link that is damaged or unpacks to too much opens the example", async (t) => {
    const bomb = await start(t).then((page) => page.evaluate(async () => {
      const stream = new Blob([" ".repeat(64 << 20)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 1000) text += String.fromCharCode(...bytes.subarray(at, at + 1000));
      return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    }));
    for (const hash of ["#p=nonsense!", "#p=AAAA", `#p=${bomb}`]) {
      const page = await open(t, at.browser, at.server.url + hash);
      await page.waitForFunction(() => document.querySelector("#message").textContent.includes("damaged or too large"));
      assert.match(await verdict(page), /^✓/);
    }
  });

  test("it works without a network once it was loaded", async (t) => {
    const own = await serve(built);
    const page = await open(t, at.browser, own.url);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await own.end();
    await page.reload();
    await page.waitForSelector("html[data-answers]", { timeout: 60_000 });
    await answered(page, () => page.selectOption("#example", "guestbook, a kustomization"));
    assert.match(await textOf(page, "manifests"), /namespace: guestbook\n/);
    assert.match(await page.textContent("#verdict"), /^✓/);
  });

  test("everything is done with the keyboard", async (t) => {
    const page = await start(t);
    const active = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.path);
    await page.keyboard.press("F6");
    await page.keyboard.press("F6");
    assert.strictEqual(await active(), "ml-model/values.yaml");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    assert.strictEqual(await page.locator("#tree li").count(), 1);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.press("F6");
    assert.strictEqual(await active(), "editor");
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await answered(page, () => page.keyboard.type("5"));
    await page.keyboard.press("Alt+Enter");
    await page.locator("#manifests .cm-origin", { hasText: "replicas: 35" }).waitFor();
    // Tab leaves the editor: nobody is caught in it.
    await page.keyboard.press("Tab");
    assert.notStrictEqual(await active(), "editor");
    await page.keyboard.press("Alt+1");
    assert.strictEqual(await active(), "manifests");
    for (let line = 1; line < 5; line++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#origins button").first().waitFor();
    await page.keyboard.press("Alt+2");
    await page.keyboard.press("ArrowRight");
    assert.strictEqual(await active(), "tab-values");
    // The form comes with an answer of the engine.
    await page.locator("#panel-values .field").first().waitFor();
    await page.keyboard.press("Tab");
    assert.strictEqual(await page.evaluate(() => document.activeElement.closest(".field").dataset.path), "replicas");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+F6");
    assert.strictEqual(await active(), "editor");
  });

  test("files come, go and change their names", async (t) => {
    const page = await start(t);
    await page.click("#new-file");
    await page.fill("#ask-answer", "ml-model/templates/extra.yaml");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#editor").dataset.file === "ml-model/templates/extra.yaml");
    await answered(page, () => paste(page, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"));
    assert.match(await textOf(page, "manifests"), /name: extra/);
    await page.locator('#tree [data-path="ml-model/templates/extra.yaml"]').focus();
    await page.keyboard.press("F2");
    await page.fill("#ask-answer", "ml-model/templates/more.yaml");
    await answered(page, () => page.keyboard.press("Enter"));
    await page.locator('#tree [data-path="ml-model/templates/more.yaml"]').focus();
    await answered(page, () => page.keyboard.press("Delete"));
    assert.doesNotMatch(await textOf(page, "manifests"), /name: extra/);
  });

  test("line breaks of other systems stay, and looking changes nothing", async (t) => {
    const page = await start(t);
    const text = "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\n";
    await openFiles(page, { files: { "a.yaml": text, "b.yaml": text.replaceAll("name: a", "name: b"), "c.yaml": "a: 1\r\nb: 2\n" }, file: "a.yaml" });
    const answers = await page.getAttribute("html", "data-answers");
    for (const path of ["b.yaml", "c.yaml", "a.yaml"]) await openFile(page, path, 1);
    assert.strictEqual(await page.getAttribute("html", "data-answers"), answers);
    await answered(page, () => page.keyboard.type(" # seen"));
    await page.click("#share");
    await page.waitForFunction(() => document.querySelector("#message").textContent.includes("copied"));
    const files = await page.evaluate(async () => {
      const bytes = Uint8Array.from(atob(location.hash.slice(3).replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
      return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text()).files;
    });
    assert.strictEqual(files["a.yaml"], text.replace("v1", "v1 # seen"));
    assert.strictEqual(files["c.yaml"], "a: 1\r\nb: 2\n");
  });

  test("dark as the system is, or as somebody says", async (t) => {
    const page = await start(t, { colorScheme: "dark" });
    assert.strictEqual(await page.getAttribute("html", "data-theme"), "dark");
    await picture(page, "dark");
    await page.click("#theme");
    await page.reload();
    await page.waitForSelector("html[data-answers]");
    assert.strictEqual(await page.getAttribute("html", "data-theme"), "light");
  });

  test("a run that does not end is ended, and the page goes on", async (t) => {
    const page = await start(t);
    await openFiles(page, { files: { "Chart.yaml": "apiVersion: v2\nname: slow\nversion: 0.1.0\n", "templates/a.yaml": "" }, file: "templates/a.yaml" });
    await paste(page, '{{ range until 3000 }}{{ range until 3000 }}{{ regexMatch "a(b|c)+d" "abcbcbcbcd" }}{{ end }}{{ end }}');
    await page.waitForTimeout(300);
    await replaceText(page, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: after}\n");
    assert.match(await textOf(page, "manifests"), /name: after/);
  });
});
