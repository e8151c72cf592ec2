// The examples, each fetched when somebody opens it.
import type { Source } from "../project.ts";

type Example = { default: { texts: Record<string, string>; above: string } };

async function source(loading: Promise<Example>, more: Omit<Source, "files">): Promise<Source> {
  const { texts, above } = (await loading).default;
  return { files: Object.fromEntries(Object.entries(texts).map(([path, text]) => [path.slice(above.length), text])), ...more };
}

export const examples = new Map<string, () => Promise<Source>>([
  ["ml-model, a package", () => source(import("./model.ts"), { root: "ml-model", file: "ml-model/values.yaml" })],
  ["shop, a chart", () => source(import("./shop.ts"), { root: "shop", file: "shop/templates/web.yaml", settings: { name: "demo" } })],
  ["guestbook, a kustomization", () => source(import("./guestbook.ts"), { root: "guestbook/prod" })],
]);
