// All findings of the package, each with the way to its place.
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

const MOST = 500;

export function createFindings(host: HTMLElement, project: Project): Panel {
  const refresh = () => {
    const { findings } = project.state;
    const rows = findings.slice(0, MOST).map((finding) => {
      const { file } = finding;
      const places = [{ file, range: finding.range, text: "" }, ...finding.related].filter((place) => place.file !== null);
      return h("li", { class: `finding ${finding.severity}` },
        h("p", {}, h("span", { class: "severity" }, finding.severity), h("code", {}, finding.code), " ", finding.message),
        finding.object && h("p", { class: "about" }, finding.object, finding.field && `, ${finding.field}`),
        ...finding.notes.map((note) => h("p", { class: "about" }, note)),
        finding.help && h("p", { class: "help" }, finding.help),
        h("p", { class: "places" }, ...places.map(({ file, range, text }) =>
          h("button", { type: "button", onclick: () => project.show(file!, range.start) }, `${file}:${range.start.line + 1}${text && ` (${text})`}`))));
    });
    const more = findings.length > MOST ? [h("p", { class: "empty" }, `and ${findings.length - MOST} more`)] : [];
    host.replaceChildren(findings.length ? h("ul", {}, ...rows) : h("p", { class: "empty" }, "Nothing is wrong: what was rendered is what the API server takes."), ...more);
  };
  return { refresh };
}
