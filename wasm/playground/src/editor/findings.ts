// The findings of a file under its text, with what can be done about them.
import { diagnosticCount, setDiagnostics, type Action, type Diagnostic } from "@codemirror/lint";
import type { EditorView } from "@codemirror/view";

import type { Finding } from "rhumb-wasm/worker";
import type { Project } from "../project.ts";
import { placeOf, rangeOf } from "./places.ts";

export function showFindings(view: EditorView, project: Project, findings: Finding[]): void {
  const own = findings.filter((finding) => finding.file === project.file);
  // Nearly always there are none, and then there is nothing to draw.
  if (!own.length && !diagnosticCount(view.state)) return;
  view.dispatch(setDiagnostics(view.state, own.map((finding) => diagnostic(view, project, finding))));
}

function diagnostic(view: EditorView, project: Project, finding: Finding): Diagnostic {
  const { from, to } = rangeOf(view.state.doc, finding.range);
  const message = [finding.message, ...finding.notes, finding.help && `help: ${finding.help}`].filter(Boolean).join("\n");
  return { from, to, severity: finding.severity, message, source: finding.code, actions: [fix(project)] };
}

// Fixes are looked for when somebody asks: most findings are never fixed this way.
function fix(project: Project): Action {
  const apply = async (view: EditorView, from: number, to: number) => {
    const path = project.file;
    if (!path) return;
    const range = { start: placeOf(view.state.doc, from), end: placeOf(view.state.doc, to) };
    const [first] = await project.session.codeActions(path, range).catch(() => []);
    if (first) await project.apply(first.edits);
    else project.failed.emit("there is no fix for this that could be made without you");
  };
  return { name: "Fix", apply: (view, from, to) => void apply(view, from, to) };
}
