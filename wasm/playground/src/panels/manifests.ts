// The rendered manifests: from any line to where it comes from, and back from the editor.
import type { RenderedObject } from "rhumb-wasm/worker";

import { createReader } from "../editor/reader.ts";
import type { Place } from "../editor/places.ts";
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

export interface Manifests extends Panel {
  /** Lights up what was rendered from a place of a file, and says how many places there are. */
  light(path: string, place: Place): Promise<number>;
  /** Shows an object by its number. */
  showObject(index: number): void;
}

export function createManifests(text: HTMLElement, origins: HTMLElement, objects: HTMLSelectElement, project: Project): Manifests {
  const explain = async ({ line, character }: Place) => {
    const found = await project.session.explain(project.root, line, character).catch(() => null);
    if (!found) return origins.replaceChildren(h("p", { class: "empty" }, "Nothing is known of this line."));
    reader.light([found.range.start]);
    const links = found.origins.map((origin) => {
      const { file } = origin;
      const place = file === null ? "" : `${file}:${origin.range.start.line + 1}`;
      const show = () => file !== null && project.show(file, origin.range.start);
      return h("li", { class: origin.counts ? "" : "overridden" },
        h("span", { class: "kind" }, origin.kind),
        file === null ? h("span", {}, "set by a flag") : h("button", { type: "button", onclick: show }, place),
        h("span", { class: "what" }, origin.text, !origin.counts && " (overridden)"));
    });
    origins.replaceChildren(h("p", {}, h("strong", {}, found.object), found.field && ` ${found.field}`), h("ol", {}, ...links));
    // The first place that a reader can open: the template, for most.
    const first = found.origins.find((origin) => origin.counts && origin.file !== null && project.files.has(origin.file));
    if (first?.file) project.show(first.file, first.range.start);
  };
  const reader = createReader(text, { label: "Rendered manifests", isYaml: true, picked: (place) => void explain(place) });

  let listed: RenderedObject[] = [];
  let choices = "";
  const refresh = () => {
    const { manifests, objects: found } = project.state;
    reader.showManifests(manifests);
    if (found === listed) return;
    listed = found;
    const names = found.map(({ name }) => name);
    if (names.join("\n") === choices) return;
    choices = names.join("\n");
    objects.replaceChildren(h("option", { value: "" }, `${names.length} objects`), ...names.map((name, i) => h("option", { value: String(i) }, name)));
  };
  const showObject = (index: number) => {
    const object = project.state.objects[index];
    if (object) reader.light([{ line: object.range.start.line + 1, character: 0 }]);
  };
  objects.addEventListener("change", () => {
    if (objects.value !== "") showObject(Number(objects.value));
    objects.value = "";
    reader.focus();
  });
  project.opened.on(() => origins.replaceChildren(h("p", { class: "empty" }, "Click a line to see where it comes from.")));
  return {
    refresh,
    showObject,
    focus: () => reader.focus(),
    async light(path, place) {
      const found = await project.session.renderedFrom(path, place.line, place.character, project.root).catch(() => []);
      if (found.length) {
        refresh();
        reader.light(found.filter(({ counts }) => counts).concat(found).map(({ range }) => range.start));
      }
      return found.length;
    },
  };
}
