// In the worker: one message a call, one message an answer.
import { Session, initSync } from "../rhumb_wasm.js";

export function serve(post) {
  let session;
  const snapshots = new Map();

  const special = {
    start(module, seed, seconds) {
      initSync({ module });
      session = new Session(seed, seconds);
    },
    // What comes to be in a file here goes back too, so that a new worker can be given it.
    loadArchive(name, bytes, folder) {
      const root = session.loadArchive(name, bytes, folder);
      const below = session.files().filter((path) => root === "" || path.startsWith(`${root}/`));
      return { answer: root, files: Object.fromEntries(below.map((path) => [path, session.readFile(path)])) };
    },
    edit(path, range, text) {
      const answer = session.edit(path, range, text);
      return { answer, files: { [path]: session.readFile(path) } };
    },
    snapshot(id, root, settings) {
      snapshots.set(id, session.snapshot(root, settings));
    },
    diff(before, after) {
      return session.diff(snapshots.get(before), snapshots.get(after));
    },
    free(id) {
      snapshots.get(id)?.free();
      snapshots.delete(id);
    },
  };

  return ({ id, method, args }) => {
    try {
      post({ id, value: special[method] ? special[method](...args) : session[method](...args) });
    } catch (error) {
      // After a trap the memory of the engine may be in any state.
      post({ id, error: String(error?.message ?? error), trap: error instanceof WebAssembly.RuntimeError });
    }
  };
}
