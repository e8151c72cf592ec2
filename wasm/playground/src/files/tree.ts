// The files as a tree: folders open and close, arrows move, Enter shows, F2 renames, Delete removes.
import { h } from "../page/dom.ts";
import type { Project } from "../project.ts";

interface Folder {
  folders: Map<string, Folder>;
  files: string[];
}

export function createTree(host: HTMLElement, project: Project, name: (question: string, value: string) => Promise<string | null>): void {
  const closed = new Set<string>();
  let focused = "";
  // The rows that are there, and how many errors each file has.
  const rowOf = new Map<string, HTMLElement>();
  let errors = new Map<string, number>();

  const draw = () => {
    const hadFocus = host.contains(document.activeElement);
    rowOf.clear();
    host.replaceChildren(...rows(folderOf([...project.files.keys()]), "", 1));
    const items = itemsOf(host);
    const current = items.find((item) => item.dataset.path === focused) ?? items.find((item) => item.dataset.path === project.file) ?? items[0];
    for (const item of items) item.tabIndex = item === current ? 0 : -1;
    if (hadFocus) current?.focus();
  };

  const rows = (folder: Folder, prefix: string, level: number): HTMLElement[] => {
    const folders = [...folder.folders].sort(([a], [b]) => compare(a, b)).flatMap(([name, inner]) => {
      const path = `${prefix}${name}`;
      const isOpen = !closed.has(path);
      const row = item(path, name, level, { "aria-expanded": String(isOpen), class: "folder" });
      return isOpen ? [row, ...rows(inner, `${path}/`, level + 1)] : [row];
    });
    const files = folder.files.sort(compare).map((name) => {
      const path = `${prefix}${name}`;
      const row = item(path, name, level, { "aria-selected": String(path === project.file), class: "file" });
      rowOf.set(path, row);
      count(row, errors.get(path));
      return row;
    });
    return [...folders, ...files];
  };

  const item = (path: string, name: string, level: number, more: Record<string, string>): HTMLElement =>
    h("li", { role: "treeitem", "aria-level": level, "data-path": path, "data-level": Math.min(level, 8), title: path, ...more }, h("span", { class: "name" }, name));

  const activate = (item: HTMLElement) => {
    const path = item.dataset.path ?? "";
    focused = path;
    if (!item.hasAttribute("aria-expanded")) return project.show(path);
    if (!closed.delete(path)) closed.add(path);
    draw();
  };

  const rename = async (path: string) => {
    const to = await name("New path of the file", path);
    if (to) await project.rename(path, to).catch((error: Error) => project.failed.emit(error.message));
  };

  host.addEventListener("click", (event) => {
    const item = (event.target as Element).closest<HTMLElement>("[role=treeitem]");
    if (item) activate(item);
  });
  host.addEventListener("keydown", (event) => {
    const items = itemsOf(host);
    const at = items.findIndex((item) => item === document.activeElement);
    const item = items[at];
    if (!item) return;
    const move = (to: HTMLElement | undefined) => {
      if (!to) return;
      focused = to.dataset.path ?? "";
      for (const other of items) other.tabIndex = other === to ? 0 : -1;
      to.focus();
    };
    const isFolder = item.hasAttribute("aria-expanded");
    const isOpen = item.getAttribute("aria-expanded") === "true";
    const path = item.dataset.path ?? "";
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(items[at + 1]),
      ArrowUp: () => move(items[at - 1]),
      Home: () => move(items[0]),
      End: () => move(items.at(-1)),
      ArrowRight: () => (isFolder && !isOpen ? activate(item) : move(items[at + 1])),
      ArrowLeft: () => {
        if (isFolder && isOpen) return activate(item);
        move(items.find((other) => other.dataset.path === path.split("/").slice(0, -1).join("/")));
      },
      Enter: () => activate(item),
      " ": () => activate(item),
      F2: () => void (isFolder || rename(path)),
      Delete: () => void (isFolder || project.remove(path)),
    };
    const action = actions[event.key];
    if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  });
  project.listed.on(draw);
  project.shown.on(() => {
    focused = project.file ?? "";
    draw();
  });
  // Every key may change these: the rows stay, only numbers come and go.
  project.answered.on(({ findings }) => {
    const before = errors;
    errors = new Map();
    for (const { file, severity } of findings) {
      if (file !== null && severity === "error") errors.set(file, (errors.get(file) ?? 0) + 1);
    }
    for (const path of new Set([...before.keys(), ...errors.keys()])) {
      const row = rowOf.get(path);
      if (row && before.get(path) !== errors.get(path)) count(row, errors.get(path));
    }
  });
}

/** Shows how many errors a file has. */
function count(row: HTMLElement, errors: number | undefined): void {
  row.querySelector(".count")?.remove();
  if (errors) row.append(h("span", { class: "count error", "aria-label": `${errors} errors` }, String(errors)));
}

function itemsOf(host: HTMLElement): HTMLElement[] {
  return [...host.querySelectorAll<HTMLElement>("[role=treeitem]")];
}

function folderOf(paths: string[]): Folder {
  const root: Folder = { folders: new Map(), files: [] };
  for (const path of paths) {
    const parts = path.split("/");
    const file = parts.pop() ?? "";
    let folder = root;
    for (const part of parts) {
      let next = folder.folders.get(part);
      if (!next) folder.folders.set(part, (next = { folders: new Map(), files: [] }));
      folder = next;
    }
    folder.files.push(file);
  }
  return root;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
