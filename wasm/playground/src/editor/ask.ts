// What the engine knows about a place, in the editor's own completion and hover.
import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";

import { markdown } from "../page/markdown.ts";
import type { Project } from "../project.ts";
import { offsetOf, placeOf, rangeOf } from "./places.ts";

const TYPES = {
  value: "property", field: "property", choice: "enum", function: "function", variable: "variable", keyword: "keyword",
  template: "class", file: "text",
} as const;

/** A newer change makes an answer worthless: then there is none. */
async function answerOf<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch(() => undefined);
}

export function asksEngine(project: Project): Extension {
  const complete = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const path = project.file;
    const before = context.matchBefore(/[\w.$-]+$/);
    if (!path || (!before && !context.explicit && !/[{|(:] ?$/.test(context.state.sliceDoc(Math.max(0, context.pos - 2), context.pos)))) return null;
    const { line, character } = placeOf(context.state.doc, context.pos);
    const found = await answerOf(project.session.complete(path, line, character));
    if (!found?.length || context.aborted) return null;
    const from = Math.min(...found.map((item) => offsetOf(context.state.doc, item.range.start)), context.pos);
    const options = found.map((item): Completion => ({
      label: item.label,
      type: TYPES[item.kind],
      detail: item.detail,
      apply: item.insert,
      ...(item.about && { info: () => markdown(item.about) }),
    }));
    return { from, options, validFor: /^[\w-]*$/ };
  };

  const hover = hoverTooltip(async (view, pos) => {
    const path = project.file;
    if (!path) return null;
    const { line, character } = placeOf(view.state.doc, pos);
    const found = await answerOf(project.session.hover(path, line, character));
    if (!found) return null;
    const { from, to } = rangeOf(view.state.doc, found.range);
    return { pos: from, end: to, above: true, create: () => ({ dom: markdown(found.text) }) };
  });

  return [autocompletion({ override: [complete], icons: false }), hover];
}
