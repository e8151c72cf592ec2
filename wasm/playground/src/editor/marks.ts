// Lines that are lit up, and texts that are replaced where they differ.
import { StateEffect, StateField, type Text } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

const lit = Decoration.line({ class: "cm-origin" });
const light = StateEffect.define<number[]>();

/** Lights up the lines of some offsets, in the place of those that are lit. */
export function flash(text: Text, offsets: number[]): StateEffect<number[]>[] {
  const lines = new Set(offsets.map((offset) => text.lineAt(offset).from));
  return [light.of([...lines].sort((a, b) => a - b))];
}

export const flashes = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(light)) next = Decoration.set(effect.value.map((from) => lit.range(from)));
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Replaces what differs, so that the place on the screen and the selection stay. */
export function replaceText(view: EditorView, whole: string): boolean {
  const old = view.state.doc.toString();
  // Editors count every line break as one character.
  const text = whole.includes("\r") ? view.state.toText(whole).toString() : whole;
  if (old === text) return false;
  let start = 0;
  const most = Math.min(old.length, text.length);
  while (start < most && old.charCodeAt(start) === text.charCodeAt(start)) start++;
  let same = 0;
  while (same < most - start && old.charCodeAt(old.length - 1 - same) === text.charCodeAt(text.length - 1 - same)) same++;
  view.dispatch({ changes: { from: start, to: old.length - same, insert: text.slice(start, text.length - same) } });
  return true;
}
