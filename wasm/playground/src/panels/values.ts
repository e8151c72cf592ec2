// A form for the values of a package. What is set here lies above the files, as flags do, and leaves them as they are.
import { fieldsOf, type Field, type Json } from "../form/fields.ts";
import { isSet, withFlag } from "../form/flags.ts";
import { inputOf } from "../form/input.ts";
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";
import type { Panel } from "./panel.ts";

export function createValues(host: HTMLElement, project: Project): Panel {
  const rows = new Map<string, HTMLElement>();
  let drawn = "";
  let count = 0;

  const set = (path: string[], value: Json | undefined) => {
    const flags = withFlag(project.settings.setJson ?? [], path, value);
    rows.get(path.join("\0"))?.classList.toggle("set", value !== undefined);
    // What is typed is not drawn again, so that the cursor stays; a value that is taken back is.
    if (value === undefined) drawn = "";
    project.configure({ setJson: flags.length ? flags : undefined }).catch((error: Error) => project.failed.emit(error.message));
  };

  const row = (field: Field): HTMLElement => {
    const name = field.path.at(-1) ?? "";
    if (field.kind === "group") {
      const open = field.path.length < 2 || field.fields.some((inner) => isSet(project.settings.setJson ?? [], inner.path));
      return h("details", { open }, h("summary", {}, name, field.description && h("small", {}, field.description)), ...field.fields.map(row));
    }
    const id = `value-${count++}`;
    const problem = h("p", { class: "problem", role: "alert" });
    const input = inputOf(field, id, (value) => set(field.path, value), (why) => (problem.textContent = why));
    const reset = h("button", { type: "button", class: "reset", title: `Take back what was set for ${name}`, "aria-label": `Take back ${field.path.join(".")}`, onclick: () => set(field.path, undefined) }, "↺");
    const label = h("label", { for: id }, name, field.required && h("span", { class: "required", title: "required" }, "*"));
    const about = field.description && h("p", { class: "about", id: `${id}-about` }, field.description);
    const element = h("div", { class: `field ${field.kind}`, "data-path": field.path.join(".") }, label, input, reset, about || null, problem);
    element.classList.toggle("set", isSet(project.settings.setJson ?? [], field.path));
    rows.set(field.path.join("\0"), element);
    return element;
  };

  const schemaOf = (): Json | undefined => {
    const text = project.text(project.root === "" ? "values.schema.json" : `${project.root}/values.schema.json`);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as Json);
    } catch {
      return undefined;
    }
  };

  const refresh = async () => {
    const values = (await project.session.values(project.root).catch(() => undefined)) as Json | undefined;
    if (values === undefined) return;
    const schema = schemaOf();
    // Drawn anew when something else than this form has changed: files, the environment, the package.
    const state = JSON.stringify([project.root, project.settings.environment, schema, [...project.files].filter(([path]) => /values|overlay/.test(path)).map(([, content]) => content)]);
    if (state === drawn) return;
    drawn = state;
    rows.clear();
    const fields = fieldsOf(schema, values);
    host.replaceChildren(
      ...(fields.length ? fields.map(row) : [h("p", { class: "empty" }, values === null ? "A kustomization or a folder of manifests has no values." : "This package has no values.")]),
    );
  };
  return { refresh };
}
