// The engine, once it is loaded: what browsers and Node share.
import init, { render as renderJson, validate as validateJson } from "./rhumb_wasm.js";

export { Session, Snapshot } from "./rhumb_wasm.js";

let loading;

// `find` gives the engine where the caller names none. A load that failed can be tried again.
export function loadOnce(find) {
  loading ??= start(find).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(find) {
  await init({ module_or_path: await find() });
}

export function render(files, options = {}) {
  return JSON.parse(renderJson(JSON.stringify(files), JSON.stringify(options)));
}

export function validate(manifests, options = {}) {
  return JSON.parse(validateJson(JSON.stringify(manifests), JSON.stringify(options)));
}
