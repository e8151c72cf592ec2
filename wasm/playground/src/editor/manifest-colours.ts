// Colours rendered manifests: only what is on the screen, line by line.
import { RangeSetBuilder, type Text } from "@codemirror/state";
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from "@codemirror/view";

import { indentOf, opensText, wordsOf, type WordKind } from "./yaml-line.ts";

const marks: Record<WordKind, Decoration> = {
  key: Decoration.mark({ class: "cm-y-key" }),
  string: Decoration.mark({ class: "cm-y-string" }),
  number: Decoration.mark({ class: "cm-y-number" }),
  comment: Decoration.mark({ class: "cm-y-comment" }),
  mark: Decoration.mark({ class: "cm-y-mark" }),
};
// A text may have begun this many lines above the screen: most that are longer are dashboards and certificates.
const ABOVE = 2_000;

export const manifestColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }

    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function decorate(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const { doc } = view.state;
  const [first, last] = [doc.lineAt(view.viewport.from).number, doc.lineAt(view.viewport.to).number];
  let inside = textAbove(doc, first);
  for (let number = first; number <= last; number++) {
    const line = doc.line(number);
    const indent = indentOf(line.text);
    if (inside !== undefined && indent !== undefined && indent <= inside) inside = undefined;
    if (inside !== undefined) {
      if (indent !== undefined) builder.add(line.from, line.to, marks.string);
      continue;
    }
    for (const word of wordsOf(line.text)) builder.add(line.from + word.from, line.from + word.to, marks[word.kind]);
    inside = opensText(line.text);
  }
  return builder.finish();
}

/** Returns the column that the text belongs to which a line is part of; `undefined` for one that stands for itself. */
export function textAbove(doc: Text, number: number): number | undefined {
  // Those around a line are the lines above with less and less indentation.
  let least = indentOf(doc.line(number).text) ?? Infinity;
  for (let above = number - 1; above >= Math.max(1, number - ABOVE) && least > 0; above--) {
    const { text } = doc.line(above);
    const column = opensText(text);
    if (column !== undefined && column < least) return column;
    least = Math.min(least, indentOf(text) ?? Infinity);
  }
  return undefined;
}
