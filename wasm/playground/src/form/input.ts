// One field of a form as an input, and what was written into it as a value.
import { h } from "../page/dom.ts";
import type { Field, Json } from "./fields.ts";

/** Makes the input of a field; `set` hears of a value, `refuse` of a text that is none. */
export function inputOf(field: Field, id: string, set: (value: Json) => void, refuse: (why: string) => void): HTMLElement {
  const described = field.description ? { "aria-describedby": `${id}-about` } : {};
  const common = { id, ...described };
  switch (field.kind) {
    case "flag":
      return h("input", { ...common, type: "checkbox", checked: field.value === true, onchange: (event: Event) => set((event.target as HTMLInputElement).checked) });
    case "choice":
      return choice(field, common, set);
    case "number":
    case "integer":
      return number(field, common, set, refuse);
    case "data":
      return data(field, common, set, refuse);
    default:
      return h("input", { ...common, type: "text", value: textOf(field.value), spellcheck: "false", oninput: (event: Event) => set((event.target as HTMLInputElement).value) });
  }
}

function choice(field: Field, common: object, set: (value: Json) => void): HTMLElement {
  const now = JSON.stringify(field.value);
  const choices = field.choices.some((choice) => JSON.stringify(choice) === now) || field.value === undefined ? field.choices : [field.value, ...field.choices];
  const options = choices.map((choice, i) => h("option", { value: String(i), selected: JSON.stringify(choice) === now }, textOf(choice) || "(none)"));
  return h("select", { ...common, onchange: (event: Event) => set(choices[Number((event.target as HTMLSelectElement).value)] ?? null) }, ...options);
}

function number(field: Field, common: object, set: (value: Json) => void, refuse: (why: string) => void): HTMLElement {
  const read = (event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) return refuse("a number is asked for");
    // What the schema refuses beyond that, the engine says with its place.
    refuse("");
    set(value);
  };
  const step = field.kind === "integer" ? "1" : "any";
  return h("input", { ...common, type: "number", step, min: field.least, max: field.most, value: textOf(field.value), oninput: read });
}

function data(field: Field, common: object, set: (value: Json) => void, refuse: (why: string) => void): HTMLElement {
  const text = field.value === undefined ? "" : JSON.stringify(field.value, null, 2);
  const read = (event: Event) => {
    try {
      set(JSON.parse((event.target as HTMLTextAreaElement).value) as Json);
      refuse("");
    } catch (error) {
      refuse(`no JSON: ${(error as Error).message}`);
    }
  };
  return h("textarea", { ...common, rows: Math.min(8, text.split("\n").length), spellcheck: "false", value: text, onchange: read });
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}
