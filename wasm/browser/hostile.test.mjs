// What strangers write is text, wherever it is shown.
import assert from "node:assert";
import test, { after, before, describe } from "node:test";

import { answered, inBrowser, open, openFiles } from "./page.mjs";

const evil = [
  `<img src=x onerror=alert(1)>`, `<script>alert(2)</script>`, `<svg onload=alert(3)>`, `[x](javascript:alert(4))`,
  `<a href="javascript:alert(5)">x</a>`, `<iframe srcdoc="<script>alert(6)</script>"></iframe>`, `<style>*{display:none}</style>`,
].join(" ");
const quoted = JSON.stringify(evil);

const files = {
  "Chart.yaml": `apiVersion: v2\nname: evil\nversion: 0.1.0\ndescription: ${quoted}\n`,
  "values.yaml": `"<b>key</b>": ${quoted}\ntext: ${quoted}\n`,
  "values.schema.json": JSON.stringify({ properties: { text: { type: "string", description: evil }, [evil]: { type: "boolean" } } }),
  "templates/<img src=x onerror=alert(8)>.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.text | quote }}\n  annotations: {text: {{ .Values.text | quote }}}\n`,
  "templates/pod.yaml": `apiVersion: apps/v1\nkind: "<b>Kind</b>"\nmetadata: {name: ${quoted}}\n`,
  "templates/fail.yaml": "",
  "templates/NOTES.txt": `${evil}\n# heading\n`,
};

describe("hostile files", () => {
  const at = inBrowser({ before, after });

  // Elements that the page itself never makes.
  const foreign = (page) => page.evaluate(() => {
    const count = (root) => {
      const own = root.querySelectorAll("iframe, object, embed, a, b, script:not([src]), style, [onerror], [onload], [href^='javascript']").length;
      const images = [...root.querySelectorAll("img")].filter((image) => !image.closest("h1")).length;
      return own + images + [...root.querySelectorAll("*")].reduce((sum, element) => sum + (element.shadowRoot ? count(element.shadowRoot) : 0), 0);
    };
    return count(document);
  });

  test("no panel makes markup of what strangers wrote", async (t) => {
    const page = await open(t, at.browser, at.server.url);
    await openFiles(page, { files, file: "values.yaml" });
    for (const tab of ["manifests", "findings", "values", "graph", "diff", "notes"]) {
      await page.click(`#tab-${tab}`);
      await page.waitForTimeout(300);
      assert.strictEqual(await foreign(page), 0, tab);
    }
    assert.match(await page.textContent("#panel-notes pre"), /<img src=x onerror=alert\(1\)>/);
    await page.click("#tab-manifests");
    await page.locator("#manifests .cm-line", { hasText: "ConfigMap" }).first().click();
    await page.locator("#origins strong").waitFor();
    assert.match(await page.textContent("#origins"), /<img src=x/);
    assert.strictEqual(await foreign(page), 0, "origins");
  });

  test("hovers, messages and names are text", async (t) => {
    const page = await open(t, at.browser, at.server.url);
    await openFiles(page, { files, file: "values.yaml" });
    await page.locator("#editor .cm-line", { hasText: "text:" }).last().locator("span").first().hover();
    await page.locator(".cm-tooltip-hover .markdown").waitFor();
    assert.match(await page.textContent(".cm-tooltip-hover .markdown"), /<img src=x/);
    assert.strictEqual(await foreign(page), 0, "hover");
    await openFiles(page, { files: { ...files, "templates/fail.yaml": `{{ fail ${quoted} }}` }, file: "templates/fail.yaml" });
    await page.click("#tab-findings");
    await page.locator("#panel-findings .finding").first().waitFor();
    assert.match(await page.textContent("#panel-findings"), /<img src=x/);
    await page.locator("#editor .cm-lintRange-error").first().hover();
    await page.locator(".cm-tooltip .cm-diagnostic").first().waitFor();
    assert.strictEqual(await foreign(page), 0, "findings");
  });

  test("the policy refuses what slips through", async (t) => {
    const page = await (await at.browser.newContext()).newPage();
    await page.goto(at.server.url);
    await page.waitForSelector("html[data-answers]", { timeout: 60_000 });
    const tried = await page.evaluate(async () => {
      // What a test calls directly is free of the page's policy; what the page calls by itself is not.
      await new Promise((resolve) => setTimeout(resolve));
      const refused = (attempt) => {
        try {
          attempt();
          return false;
        } catch {
          return true;
        }
      };
      const element = document.createElement("div");
      const inline = document.createElement("script");
      globalThis.ran = false;
      const image = new Image();
      const loaded = new Promise((resolve) => ((image.onerror = () => resolve("refused")), (image.onload = () => resolve("loaded"))));
      image.src = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>";
      return {
        markup: refused(() => (element.innerHTML = "<b>x</b>")),
        code: refused(() => new Function("return 1")),
        script: refused(() => (inline.textContent = "ran = true")),
        worker: refused(() => new Worker("https://example.com/x.js")),
        fetched: await fetch("https://example.com/").then(() => "fetched", () => "refused"),
        image: await loaded,
        style: getComputedStyle(Object.assign(document.body.appendChild(document.createElement("p")), { textContent: "x" })).position,
      };
    });
    assert.deepStrictEqual(tried, { markup: true, code: true, script: true, worker: true, fetched: "refused", image: "refused", style: "static" });
    await page.context().close();
  });

  test("files with names out of the root are refused", async (t) => {
    const page = await open(t, at.browser, at.server.url);
    for (const path of ["../x.yaml", "/etc/x.yaml", "__proto__"]) {
      await openFiles(page, { files: { [path]: "a: 1" } });
      await answered(page, () => page.evaluate(() => (location.hash = "")));
      assert.match(await page.textContent("#verdict"), /^✓ 5/, path);
    }
    assert.strictEqual(await page.evaluate(() => ({}).a), undefined);
  });
});
