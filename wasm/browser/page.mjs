// The playground in a real browser, as tests drive it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { serve } from "./serve.mjs";

const out = process.env.RHUMB_OUT;
export const folder = join(out, "playground");
const pictures = join(out, "screenshots");
mkdirSync(pictures, { recursive: true });

// A sandbox needs rights that containers lack; the pages are this repository's own.
export const startBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

/** A browser and the playground's address, for the tests of a `describe`. */
export function inBrowser({ before, after }) {
  const found = {};
  before(async () => Object.assign(found, { browser: await startBrowser(), server: await serve(folder) }));
  after(async () => {
    await found.browser?.close();
    await found.server?.end();
  });
  return found;
}

/** Opens the playground and waits for its first answer. Whatever the page complains of fails the test. */
export async function open(t, browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const complaints = watch(page);
  await page.goto(url);
  await page.waitForSelector("html[data-answers]", { timeout: 60_000 });
  t.after(async () => {
    await context.close();
    if (complaints.length) throw new Error(complaints.join("\n"));
  });
  return page;
}

/** Collects what goes wrong in a page: errors, refusals of its policy, dialogs that a script has opened. */
export function watch(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    complaints.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return complaints;
}

export const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });

/** Waits until the engine has answered what comes of an action. */
export async function answered(page, action) {
  const before = Number(await page.getAttribute("html", "data-answers"));
  await action();
  await page.waitForFunction((before) => Number(document.documentElement.dataset.answers) > before, before, { timeout: 30_000 });
}

/** Returns the text of an editor or reader, which draws only the lines on the screen. */
export const textOf = (page, id) => page.locator(`#${id} .cm-content`).evaluate((content) => content.cmTile.root.view.state.doc.toString());

/** Shows a file and puts the cursor at the end of a line. */
export async function openFile(page, path, line) {
  await page.locator(`#tree [data-path="${path}"]`).click();
  const content = page.locator("#editor .cm-content");
  await content.focus();
  await content.evaluate((content, line) => {
    const view = content.cmTile.root.view;
    const text = view.state.doc;
    const at = typeof line === "number" ? text.line(line) : [...text.iterLines()].findIndex((one) => one.includes(line)) + 1;
    const found = typeof at === "number" ? text.line(at) : at;
    view.dispatch({ selection: { anchor: found.to }, scrollIntoView: true });
  }, line);
}

/** Pastes a text into the editor. */
export async function paste(page, text) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.locator("#editor .cm-content").focus();
  await page.keyboard.press("Control+V");
}

/** Replaces the text of the file that is shown. */
export async function replaceText(page, text) {
  await page.locator("#editor .cm-content").focus();
  await page.keyboard.press("Control+A");
  await answered(page, () => paste(page, text));
}

/** Puts files into the page as links do, without a link. */
export async function openFiles(page, source) {
  const link = await page.evaluate(async (source) => {
    const stream = new Blob([JSON.stringify(source)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }, source);
  await answered(page, () => page.evaluate((link) => (location.hash = `#p=${link}`), link));
}
