// A session in a Web Worker, for browsers and bundlers.
import { openSession } from "./worker/session.js";

export { Superseded, TimedOut, WorkerFailed } from "./worker/errors.js";
export { WorkerSession, WorkerSnapshot } from "./worker/session.js";

// Bundlers look for this expression: it must stand as it is.
const start = () => new Worker(new URL("./worker/entry.js", import.meta.url), { type: "module" });

async function compile(source) {
  const found = source ?? new URL("rhumb_wasm_bg.wasm", import.meta.url);
  if (found instanceof WebAssembly.Module) return found;
  if (found instanceof ArrayBuffer || ArrayBuffer.isView(found)) return WebAssembly.compile(found);
  const response = found instanceof Response ? found : await fetch(found);
  if (!response.ok) throw new Error(`the engine could not be fetched: ${response.status} ${response.statusText}`);
  const streams = response.headers.get("Content-Type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

export async function open(options = {}) {
  return openSession(options.worker ?? start, await compile(options.engine), options);
}
