// Colours template actions in what is on the screen, above the YAML around them.
import { Prec, RangeSetBuilder, type Extension } from "@codemirror/state";
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from "@codemirror/view";

import { actions } from "./tokens.ts";

const marks = new Map<string, Decoration>();

function mark(name: string): Decoration {
  let found = marks.get(name);
  if (!found) marks.set(name, (found = Decoration.mark({ class: name })));
  return found;
}

export function templateColours(dialect: "go" | "jinja"): Extension {
  const plugin = ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;

      constructor(view: EditorView) {
        this.decorations = decorate(view, dialect);
      }

      update(update: ViewUpdate) {
        if (update.docChanged || update.viewportChanged) this.decorations = decorate(update.view, dialect);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
  // Inside of what YAML makes of the same text, so that these colours are seen.
  return Prec.highest(plugin);
}

function decorate(view: EditorView, dialect: "go" | "jinja"): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  // An action may have begun above the screen: comments do.
  const from = Math.max(0, view.viewport.from - 4_000);
  for (const action of actions(view.state.sliceDoc(from, view.viewport.to), dialect)) {
    builder.add(from + action.from, from + action.to, mark("cm-template"));
    for (const token of action.tokens) builder.add(from + token.from, from + token.to, mark(`cm-t-${token.kind}`));
  }
  return builder.finish();
}
