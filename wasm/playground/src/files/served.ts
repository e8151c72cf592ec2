// The folder of `rhumb playground SOURCE`, which serves it beside the page. Elsewhere nothing is asked.
import { readable, type Files, type Source } from "../project.ts";

/** What the program sends: texts as they are, other bytes in base64. */
interface Served {
  files: Record<string, { text: string } | { base64: string }>;
  root: string;
}

export const isServed = (): boolean => new URLSearchParams(location.search).has("folder");

export async function servedFolder(): Promise<Source> {
  const response = await fetch("files.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`the folder could not be read: ${await response.text()}`);
  const served = (await response.json()) as Served;
  const files: Files = {};
  for (const [path, content] of Object.entries(served.files)) {
    files[path] = "text" in content ? content.text : readable(Uint8Array.from(atob(content.base64), (c) => c.charCodeAt(0)));
  }
  return { files, root: served.root };
}
