// The engine in this thread, for browsers and bundlers.
import { loadOnce } from "./engine.js";

export { Session, Snapshot, render, validate } from "./engine.js";

export function load(source) {
  return loadOnce(() => source ?? new URL("rhumb_wasm_bg.wasm", import.meta.url));
}
