// What a new worker needs to be where the old one was: the files and the settings.

export class Mirror {
  #files = new Map();
  #settings = new Map();

  // Takes down a change that the worker has made.
  note(method, args, value) {
    switch (method) {
      case "setFile":
        this.#files.set(args[0], kept(args[1]));
        break;
      case "loadFiles":
        for (const [path, content] of Object.entries(args[0])) this.#files.set(path, kept(content));
        break;
      case "loadArchive":
      case "edit":
        for (const [path, content] of Object.entries(value.files)) this.#files.set(path, content);
        break;
      case "deleteFile":
        this.#files.delete(args[0]);
        break;
      case "configure":
        this.#settings.set(args[0], structuredClone(args[1]));
        break;
      default:
    }
  }

  // The calls that make a fresh session the same again.
  replay() {
    const settings = [...this.#settings].map((args) => ({ method: "configure", args }));
    return [{ method: "loadFiles", args: [Object.fromEntries(this.#files)] }, ...settings];
  }
}

// Callers may write into their bytes later.
function kept(content) {
  return typeof content === "string" ? content : content.slice();
}
