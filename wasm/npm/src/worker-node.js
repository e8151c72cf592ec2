// The same session in a worker of Node.
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";

import { openSession } from "./worker/session.js";

export { Superseded, TimedOut, WorkerFailed } from "./worker/errors.js";
export { WorkerSession, WorkerSnapshot } from "./worker/session.js";

// What the session uses of the browser's `Worker`.
function start() {
  const worker = new Worker(new URL("./worker/entry-node.js", import.meta.url));
  const like = { postMessage: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
  worker.on("message", (data) => like.onmessage?.({ data }));
  worker.on("error", (error) => like.onerror?.(error));
  return like;
}

async function compile(source) {
  const found = source ?? new URL("rhumb_wasm_bg.wasm", import.meta.url);
  if (found instanceof WebAssembly.Module) return found;
  if (found instanceof ArrayBuffer || ArrayBuffer.isView(found)) return WebAssembly.compile(found);
  if (found instanceof Response) return WebAssembly.compile(await found.arrayBuffer());
  return WebAssembly.compile(await readFile(found));
}

export async function open(options = {}) {
  return openSession(options.worker ?? start, await compile(options.engine), options);
}
