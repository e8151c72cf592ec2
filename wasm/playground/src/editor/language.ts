// Which language a file is in: YAML by its name, and a dialect of templates by the package around it.
import { yaml } from "@codemirror/lang-yaml";
import type { Extension } from "@codemirror/state";

import { templateColours } from "./templates.ts";

/** Returns the dialect of the templates of a file; `paths` tells which packages there are. */
export function dialect(path: string, has: (path: string) => boolean): "go" | "jinja" | undefined {
  const parts = path.split("/");
  for (let i = parts.length - 1; i > 0; i--) {
    if (parts[i - 1] !== "templates") continue;
    const folder = parts.slice(0, i - 1).map((part) => `${part}/`).join("");
    if (has(`${folder}Chart.yaml`)) return "go";
    if (has(`${folder}rhumb.yaml`)) return "jinja";
  }
  return undefined;
}

export function languageOf(path: string, has: (path: string) => boolean): Extension {
  const templates = dialect(path, has);
  const isYaml = /\.(ya?ml|json|tpl)$/.test(path) || /(^|\/)Kustomization$/.test(path);
  return [isYaml ? yaml() : [], templates ? templateColours(templates) : []];
}
