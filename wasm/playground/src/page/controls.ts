// The controls at the top: what is open, and what it is built with.
import { examples } from "../examples/index.ts";
import { openChosen, openDropped } from "../files/open.ts";
import { isServed, servedFolder } from "../files/served.ts";
import { linkOf } from "../share/link.ts";
import type { Project } from "../project.ts";
import { byId, h } from "./dom.ts";

const VERSIONS = ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"];
// What chat programs and browsers still take as a link.
const LONG_LINK = 100_000;

export function connectControls(project: Project): void {
  const attempt = (work: Promise<unknown>) => void work.catch((error: Error) => project.failed.emit(error.message));
  opening(project, attempt);
  settings(project, attempt);
  byId("share").addEventListener("click", () => attempt(share(project)));
  byId("copy").addEventListener("click", () => attempt(copy(project, project.state.manifests.toString(), "the manifests are copied")));
  byId("help").addEventListener("click", () => byId<HTMLDialogElement>("help-dialog").showModal());
}

function opening(project: Project, attempt: (work: Promise<unknown>) => void): void {
  const example = byId<HTMLSelectElement>("example");
  example.append(...[...examples.keys()].map((name) => h("option", { value: name }, name)));
  example.addEventListener("change", () => {
    const open = examples.get(example.value);
    example.value = "";
    if (open) attempt(open().then((source) => project.open(source)));
  });
  for (const [button, input] of [["open-folder", "folder"], ["open-archive", "archive"]] as const) {
    const chooser = byId<HTMLInputElement>(input);
    byId(button).addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      if (chooser.files?.length) attempt(openChosen(project, chooser.files).finally(() => (chooser.value = "")));
    });
  }
  const reload = byId("reload");
  reload.hidden = !isServed();
  reload.addEventListener("click", () => attempt(servedFolder().then((source) => project.open(source))));
  dropping(project, attempt);
}

function dropping(project: Project, attempt: (work: Promise<unknown>) => void): void {
  const cover = byId("drop");
  const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  // Before the editors, which would write the file's text into what they show.
  addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    cover.hidden = false;
  }, { capture: true });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) cover.hidden = true;
  }, { capture: true });
  addEventListener("drop", (event) => {
    cover.hidden = true;
    if (!isFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    event.stopPropagation();
    attempt(openDropped(project, event.dataTransfer));
  }, { capture: true });
}

function settings(project: Project, attempt: (work: Promise<unknown>) => void): void {
  const root = byId<HTMLSelectElement>("root");
  const environment = byId<HTMLSelectElement>("environment");
  const version = byId<HTMLSelectElement>("kube-version");
  const release = byId<HTMLInputElement>("release");
  version.append(h("option", { value: "" }, "newest"), ...VERSIONS.map((text) => h("option", { value: text }, text)));
  root.addEventListener("change", () => attempt(project.choose(root.value)));
  environment.addEventListener("change", () => attempt(project.configure({ environment: environment.value || undefined })));
  version.addEventListener("change", () => attempt(project.configure({ kubeVersion: version.value || undefined })));
  release.addEventListener("change", () => attempt(project.configure({ name: release.value.trim() || undefined })));
  const draw = () => {
    options(root, project.roots.map((path) => [path, path || "(all files)"]), project.root);
    for (const element of document.querySelectorAll<HTMLElement>(".when-many")) element.hidden = project.roots.length < 2;
    options(environment, [["", "none"], ...project.environments.map((name): [string, string] => [name, name])], project.settings.environment ?? "");
    environment.disabled = project.environments.length === 0;
    version.value = project.settings.kubeVersion ?? "";
    release.value = project.settings.name ?? "";
    byId("file-name").textContent = project.file ?? "";
  };
  project.opened.on(draw);
  project.listed.on(draw);
  project.shown.on(draw);
}

function options(select: HTMLSelectElement, all: Array<[value: string, label: string]>, chosen: string): void {
  select.replaceChildren(...all.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
}

async function share(project: Project): Promise<void> {
  const { files, root, file, settings } = project;
  const link = await linkOf({ files: Object.fromEntries(files), root, file, settings });
  history.replaceState(null, "", link);
  const size = `${Math.ceil(link.length / 1024)} KB`;
  await copy(project, link, link.length > LONG_LINK ? `the link is copied; with ${size} it is too long for some programs` : "the link is copied");
}

async function copy(project: Project, text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text).catch(() => {
    throw new Error("the browser does not let this page copy");
  });
  project.failed.emit(done);
}
