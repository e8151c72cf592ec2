// The engine in this thread, for Node, whose `fetch` reads no files.
import { readFile } from "node:fs/promises";

import { loadOnce } from "./engine.js";

export { Session, Snapshot, render, validate } from "./engine.js";

export function load(source) {
  return loadOnce(() => source ?? readFile(new URL("rhumb_wasm_bg.wasm", import.meta.url)));
}
