// What a chart's NOTES.txt says, as the text that it is.
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

export function createNotes(host: HTMLElement, project: Project): Panel {
  let shown: string | null | undefined;
  const refresh = () => {
    const { notes } = project.state;
    if (notes === shown) return;
    shown = notes;
    host.replaceChildren(notes === null ? h("p", { class: "empty" }, "There are no notes.") : h("pre", {}, notes));
  };
  return { refresh };
}
