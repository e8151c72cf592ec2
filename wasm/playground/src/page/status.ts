// The line at the foot: whether the package is well, what went wrong with the page, and the command that does the same.
import { byId } from "./dom.ts";
import type { Project } from "../project.ts";

export function showStatus(project: Project): void {
  const [verdict, message, command, took, count] = ["verdict", "message", "command", "took", "finding-count"].map((id) => byId(id)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  project.answered.on(({ ok, objects, findings, took: milliseconds }) => {
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const warnings = findings.filter(({ severity }) => severity === "warning").length;
    const text = ok ? `✓ ${objects.length} objects` : `✗ ${plural(errors, "error")}`;
    // The same words again would be read aloud at every key.
    set(verdict, warnings ? `${text}, ${plural(warnings, "warning")}` : text);
    verdict.className = ok ? "ok" : "bad";
    set(message, "");
    set(took, `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`);
    set(command, commandOf(project));
    set(count, findings.length ? String(findings.length) : "");
    count.className = `count ${errors ? "error" : warnings ? "warning" : ""}`;
    document.documentElement.dataset.answers = String(Number(document.documentElement.dataset.answers ?? 0) + 1);
  });
  project.failed.on((why) => set(message, why));
}

function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Returns the command that renders the same. */
export function commandOf({ root, settings }: Pick<Project, "root" | "settings">): string {
  const flags = [
    ...(settings.environment ? ["--env", settings.environment] : []),
    ...(settings.name ? ["--name", settings.name] : []),
    ...(settings.kubeVersion ? ["--kube-version", settings.kubeVersion] : []),
    ...(settings.setJson ?? []).flatMap((flag) => ["--set-json", flag]),
  ];
  return ["rhumb", "render", root || ".", ...flags].map(quoted).join(" ");
}

// As a POSIX shell reads it.
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
