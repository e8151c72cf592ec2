// What differs between the manifests now and those of before, or of another environment.
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";

import { createReader } from "../editor/reader.ts";
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

const BASELINE = "=";

export function createDiff(text: HTMLElement, against: HTMLSelectElement, rebase: HTMLButtonElement, summary: HTMLElement, project: Project): Panel {
  const reader = createReader(text, { label: "Differences", more: colours });

  const refresh = async () => {
    const choice = against.value;
    try {
      const found = await project.compare(choice === BASELINE ? undefined : choice || null);
      const { added, removed, changed } = found.summary;
      summary.textContent = `${added} added, ${removed} removed, ${changed} changed`;
      reader.show(found.text || "Nothing differs.");
    } catch (error) {
      if ((error as Error).name !== "Superseded") summary.textContent = (error as Error).message;
    }
  };
  let listed = "";
  const list = () => {
    const state = JSON.stringify([project.environments, project.settings.environment]);
    if (state === listed) return;
    listed = state;
    const environments = project.environments.filter((name) => name !== project.settings.environment);
    const chosen = against.value;
    against.replaceChildren(
      h("option", { value: BASELINE }, "the state before"),
      ...(project.settings.environment ? [h("option", { value: "" }, "no environment")] : []),
      ...environments.map((name) => h("option", { value: name }, `environment ${name}`)),
    );
    against.value = [...against.options].some((option) => option.value === chosen) ? chosen : BASELINE;
  };
  against.addEventListener("change", () => void refresh());
  rebase.addEventListener("click", () => void project.rebase().then(refresh));
  project.opened.on(list);
  project.answered.on(list);
  list();
  return { refresh, focus: () => reader.focus() };
}

const classes: Array<[RegExp, Decoration]> = [
  [/^(---|\+\+\+|@@)/, Decoration.line({ class: "cm-hunk" })],
  [/^\+/, Decoration.line({ class: "cm-added" })],
  [/^-/, Decoration.line({ class: "cm-removed" })],
];

const colours = ViewPlugin.fromClass(
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
  for (let at = view.viewport.from; at <= view.viewport.to; ) {
    const line = view.state.doc.lineAt(at);
    const found = classes.find(([start]) => start.test(line.text));
    if (found) builder.add(line.from, line.from, found[1]);
    at = line.to + 1;
  }
  return builder.finish();
}
