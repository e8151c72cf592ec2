// Puts the page together. First of all the policy for what may become a script.
import "./page/trusted.ts";

import { createEditor } from "./editor/editor.ts";
import { examples } from "./examples/index.ts";
import { isServed, servedFolder } from "./files/served.ts";
import { createTree } from "./files/tree.ts";
import { ask } from "./page/ask.ts";
import { connectControls } from "./page/controls.ts";
import { byId } from "./page/dom.ts";
import { keepOffline } from "./page/offline.ts";
import { cycleParts } from "./page/parts.ts";
import { showStatus } from "./page/status.ts";
import { createTabs } from "./page/tabs.ts";
import { followTheme } from "./page/theme.ts";
import { createDiff } from "./panels/diff.ts";
import { createFindings } from "./panels/findings.ts";
import { createGraph } from "./panels/graph.ts";
import { createManifests } from "./panels/manifests.ts";
import { createNotes } from "./panels/notes.ts";
import type { Panel } from "./panels/panel.ts";
import { createValues } from "./panels/values.ts";
import { Project, type Source } from "./project.ts";
import { sourceOf } from "./share/link.ts";

followTheme(byId("theme"));
keepOffline();
start().catch((error: Error) => {
  byId("message").textContent = `the engine did not start: ${error.message}`;
});

async function start(): Promise<void> {
  const project = await Project.start();
  const manifests = createManifests(byId("manifests"), byId("origins"), byId("objects"), project);
  const showObject = (index: number) => {
    tabs.show("manifests");
    manifests.showObject(index);
    manifests.focus?.();
  };
  const panels = new Map<string, Panel>([
    ["manifests", manifests],
    ["findings", createFindings(byId("panel-findings"), project)],
    ["values", createValues(byId("panel-values"), project)],
    ["graph", createGraph(byId("panel-graph"), project, showObject)],
    ["diff", createDiff(byId("differences"), byId("against"), byId("rebase"), byId("diff-summary"), project)],
    ["notes", createNotes(byId("panel-notes"), project)],
  ]);
  const tabs = createTabs(panels);
  // From the editor to the manifests: what is asked for is shown, and the tab only changes where there is something.
  const editor = createEditor(byId("editor"), project, (path, place) => {
    if (tabs.current() === "manifests") void manifests.light(path, place);
  });
  createTree(byId("tree"), project, ask);
  connectControls(project);
  showStatus(project);
  project.answered.on(() => tabs.refresh());
  byId("new-file").addEventListener("click", async () => {
    const path = await ask("Path of the new file", project.root ? `${project.root}/templates/new.yaml` : "new.yaml");
    if (path && !project.files.has(path)) {
      await project.write(path, "").catch((error: Error) => project.failed.emit(error.message));
      project.show(path);
    }
  });
  cycleParts([
    { host: document.querySelector("header")!, focus: () => byId("example").focus() },
    { host: byId("tree"), focus: () => byId("tree").querySelector<HTMLElement>('[tabindex="0"]')?.focus() },
    { host: byId("edit"), focus: () => editor.focus() },
    { host: byId("output"), focus: () => byId(`tab-${tabs.current()}`).focus() },
  ]);
  addEventListener("hashchange", () => void openFirst(project));
  await openFirst(project);
}

/** A link's files, the program's folder, or the first example. */
async function openFirst(project: Project): Promise<void> {
  const example = async (): Promise<Source> => (await [...examples.values()][0]?.()) ?? { files: {} };
  try {
    const linked = await sourceOf(location.hash);
    await project.open(linked ?? (isServed() ? await servedFolder() : await example()));
  } catch (error) {
    await project.open(await example());
    project.failed.emit((error as Error).message);
  }
}
