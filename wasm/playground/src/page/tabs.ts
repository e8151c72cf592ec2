// The tabs of the result: one panel is seen, and only that one is drawn.
import type { Panel } from "../panels/panel.ts";
import { byId } from "./dom.ts";

export interface Tabs {
  show(name: string): void;
  current(): string;
  refresh(): void;
}

/** `panels` in the order of the tabs; the first is seen. */
export function createTabs(panels: Map<string, Panel>): Tabs {
  const names = [...panels.keys()];
  let current = names[0] ?? "";
  const tab = (name: string) => byId<HTMLButtonElement>(`tab-${name}`);

  const show = (name: string) => {
    if (!panels.has(name)) return;
    current = name;
    for (const other of names) {
      tab(other).setAttribute("aria-selected", String(other === name));
      tab(other).tabIndex = other === name ? 0 : -1;
      byId(`panel-${other}`).hidden = other !== name;
    }
    refresh();
  };
  const refresh = () => void panels.get(current)?.refresh();

  for (const name of names) {
    tab(name).addEventListener("click", () => show(name));
    tab(name).addEventListener("keydown", (event) => {
      const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, Home: -names.indexOf(name), End: names.length - 1 - names.indexOf(name) };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = names[(names.indexOf(name) + step + names.length) % names.length]!;
      show(next);
      tab(next).focus();
    });
  }
  document.addEventListener("keydown", (event) => {
    const name = event.altKey && !event.ctrlKey && !event.metaKey ? names[Number(event.code.replace(/^Digit/, "")) - 1] : undefined;
    if (!name) return;
    event.preventDefault();
    show(name);
    const panel = panels.get(name);
    if (panel?.focus) panel.focus();
    else tab(name).focus();
  });
  show(current);
  return { show, current: () => current, refresh };
}
