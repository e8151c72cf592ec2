// The editor of the file that is shown.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, type Transaction } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";

import type { Project } from "../project.ts";
import { asksEngine } from "./ask.ts";
import { showFindings } from "./findings.ts";
import { languageOf } from "./language.ts";
import { flash, flashes, replaceText } from "./marks.ts";
import { offsetOf, placeOf, type Place } from "./places.ts";
import { shadowOf } from "./shadow.ts";
import { theme } from "./theme.ts";

export interface Editor {
  focus(): void;
}

/** `asked` hears of a place of a file whose way into the manifests somebody wants to see. */
export function createEditor(host: HTMLElement, project: Project, asked: (path: string, place: Place) => void): Editor {
  const root = shadowOf(host);
  const states = new Map<string, EditorState>();
  const empty = EditorState.create({ doc: "", extensions: [theme, EditorState.readOnly.of(true)] });
  let path: string | undefined;
  // The engine hears of an edit before the page draws it, so that both work at once.
  const dispatchTransactions = (transactions: readonly Transaction[], view: EditorView) => {
    const last = transactions.at(-1);
    if (path !== undefined && last && transactions.some(({ docChanged }) => docChanged)) {
      const text = last.newDoc.sliceString(0, last.newDoc.length, last.startState.lineBreak);
      if (text !== project.files.get(path)) void project.write(path, text);
    }
    view.update(transactions);
  };
  const view = new EditorView({ root, parent: root, state: empty, dispatchTransactions });

  const ask = (at: number) => {
    if (path !== undefined) asked(path, placeOf(view.state.doc, at));
    return true;
  };

  // A click asks where its line goes; one that selects does not.
  const clicks = EditorView.domEventHandlers({
    click: (event, view) => {
      const at = view.posAtCoords(event);
      if (at !== null && view.state.selection.main.empty) ask(at);
    },
  });

  const stateOf = (file: string, text: string): EditorState =>
    EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), lintGutter(), history(), highlightActiveLine(), highlightActiveLineGutter(), bracketMatching(),
        lineBreakOf(text), closeBrackets(), indentOnInput(), highlightSelectionMatches(), indentUnit.of("  "), EditorState.tabSize.of(2),
        // Tab moves on, so that nobody is caught in the editor; Mod-] indents.
        keymap.of([
          { key: "Alt-Enter", run: (view) => ask(view.state.selection.main.head) },
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap,
        ]),
        languageOf(file, (other) => project.files.has(other)),
        asksEngine(project), theme, clicks, flashes,
        EditorView.contentAttributes.of({ "aria-label": `Text of ${file}` }),
      ],
    });

  const show = (place?: Place) => {
    if (path !== undefined) states.set(path, view.state);
    path = project.file;
    const content = path === undefined ? undefined : project.files.get(path);
    host.dataset.file = path ?? "";
    if (path === undefined || typeof content !== "string") {
      const doc = content ? "This file is no text." : "No file is open.";
      view.setState(EditorState.create({ doc, extensions: [theme, EditorState.readOnly.of(true)] }));
      return;
    }
    view.setState(states.get(path) ?? stateOf(path, content));
    replaceText(view, content);
    showFindings(view, project, project.state.findings);
    if (place) {
      const at = offsetOf(view.state.doc, place);
      view.dispatch({ selection: { anchor: at }, effects: [EditorView.scrollIntoView(at, { y: "center" }), ...flash(view.state.doc, [at])] });
    }
  };

  project.opened.on(() => {
    states.clear();
    path = undefined;
  });
  project.shown.on(show);
  project.edited.on(() => {
    const content = path === undefined ? undefined : project.text(path);
    if (content !== undefined) replaceText(view, content);
  });
  project.answered.on(({ findings }) => {
    if (project.file === path) showFindings(view, project, findings);
  });
  return { focus: () => view.focus() };
}

// A file keeps its line breaks when it is edited. Where it has several kinds, an edit makes them one.
function lineBreakOf(text: string): Extension {
  return /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? EditorState.lineSeparator.of("\r\n") : [];
}
