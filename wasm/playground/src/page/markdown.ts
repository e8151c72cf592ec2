// The little Markdown that hovers and completions come with, as elements: paragraphs, lists, `code`, code blocks and
// emphasis. Links stay text: what they say may be a stranger's.
import { h } from "./dom.ts";

export function markdown(text: string): HTMLElement {
  const parts = text.split(/^```.*$/m);
  return h("div", { class: "markdown" }, ...parts.flatMap((part, i) => (i % 2 ? [code(part)] : blocks(part))));
}

function code(text: string): HTMLElement {
  return h("pre", {}, text.replace(/^\n|\n$/g, ""));
}

function blocks(text: string): HTMLElement[] {
  return text.split(/\n{2,}/).filter((block) => block.trim()).map(block);
}

function block(text: string): HTMLElement {
  const lines = text.trim().split("\n");
  if (!lines.every((line) => /^[-*] /.test(line))) return h("p", {}, ...spans(text.trim()));
  return h("ul", {}, ...lines.map((line) => h("li", {}, ...spans(line.slice(2)))));
}

function spans(text: string): Node[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((span) => {
    if (span.startsWith("`") && span.endsWith("`") && span.length > 2) return h("code", {}, span.slice(1, -1));
    if (span.startsWith("**") && span.length > 4) return h("strong", {}, span.slice(2, -2));
    return document.createTextNode(span);
  });
}
