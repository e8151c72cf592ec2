// The page's side: the methods of a session as promises.
import { Calls } from "./calls.js";
import { WorkerFailed } from "./errors.js";
import { Mirror } from "./mirror.js";

// Changes that only put something down. An archive is unpacked, which may take long.
const QUICK = new Set(["setFile", "loadFiles", "deleteFile", "edit", "configure"]);
const DEFAULTS = { timeout: 10_000, grace: 1_000 };

export function openSession(spawn, module, { seed, seconds, timeout = DEFAULTS.timeout, grace = DEFAULTS.grace }) {
  return WorkerSession.ready(spawn, { method: "start", args: [module, seed, seconds] }, { timeout, grace });
}

/** What a package rendered to at one moment; it lives in the worker. */
export class WorkerSnapshot {
  #free;

  constructor(id, worker, free) {
    [this.id, this.worker, this.#free] = [id, worker, free];
    Object.freeze(this);
  }

  free() {
    return this.#free();
  }
}

export class WorkerSession {
  #calls;
  #mirror = new Mirror();
  // Counts the workers: a snapshot goes with the one that made it.
  #worker = 0;
  #snapshots = 0;

  constructor(spawn, start, limits) {
    const replay = () => {
      this.#worker += 1;
      return [start, ...this.#mirror.replay()];
    };
    const onDone = ({ method, args }, value) => this.#mirror.note(method, args, value);
    this.#calls = new Calls({ spawn, limits, replay, onDone });
  }

  static async ready(spawn, start, limits) {
    const session = new WorkerSession(spawn, start, limits);
    await session.files();
    return session;
  }

  setFile(path, content) {
    return this.#change("setFile", path, content);
  }

  loadFiles(files) {
    return this.#change("loadFiles", files);
  }

  async loadArchive(name, bytes, folder) {
    return (await this.#change("loadArchive", name, bytes, folder)).answer;
  }

  deleteFile(path) {
    return this.#change("deleteFile", path);
  }

  async edit(path, range, text) {
    return (await this.#change("edit", path, range, text)).answer;
  }

  configure(root, settings) {
    return this.#change("configure", root, settings);
  }

  readFile(path, options) {
    return this.#calls.ask("readFile", [path], options);
  }

  files(options) {
    return this.#calls.ask("files", [], options);
  }

  roots(options) {
    return this.#calls.ask("roots", [], options);
  }

  rootOf(path, options) {
    return this.#calls.ask("rootOf", [path], options);
  }

  environments(root, options) {
    return this.#question("environments", [root], options);
  }

  render(root, options) {
    return this.#question("render", [root], options);
  }

  objects(root, options) {
    return this.#question("objects", [root], options);
  }

  values(root, options) {
    return this.#question("values", [root], options);
  }

  findings(root, options) {
    return this.#question("findings", [root], options);
  }

  update(root, since, options) {
    return this.#question("update", [root, since], options);
  }

  report(root, options) {
    return this.#question("report", [root], options);
  }

  explain(root, line, character, options) {
    return this.#question("explain", [root, line, character], options);
  }

  renderedFrom(path, line, character, root, options) {
    return this.#question("renderedFrom", [path, line, character, root], options);
  }

  complete(path, line, character, options) {
    return this.#question("complete", [path, line, character], options);
  }

  hover(path, line, character, options) {
    return this.#question("hover", [path, line, character], options);
  }

  definition(path, line, character, options) {
    return this.#question("definition", [path, line, character], options);
  }

  codeActions(path, range, options) {
    return this.#question("codeActions", [path, range], options);
  }

  // A snapshot is of the moment it was asked for, so that later changes do not make it worthless.
  async snapshot(root, settings, options) {
    const id = (this.#snapshots += 1);
    await this.#calls.ask("snapshot", [id, root, settings], options);
    const worker = this.#worker;
    const free = async () => {
      if (worker === this.#worker) await this.#calls.ask("free", [id]);
    };
    return new WorkerSnapshot(id, worker, free);
  }

  async diff(before, after, options) {
    if ([before, after].some(({ worker }) => worker !== this.#worker)) {
      throw new WorkerFailed("a snapshot went with the worker that made it");
    }
    return this.#calls.ask("diff", [before.id, after.id], options);
  }

  close() {
    this.#calls.close();
  }

  #change(method, ...args) {
    this.#calls.supersede();
    return this.#calls.ask(method, args, { quick: QUICK.has(method) });
  }

  #question(method, args, options) {
    return this.#calls.ask(method, args, { ...options, fades: true });
  }
}
