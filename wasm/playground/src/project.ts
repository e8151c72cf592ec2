// What is open: files, the package among them that is shown, what it is built with, and what the engine says of it.
// The only part of the page that speaks to the session.
import { open, Superseded, TimedOut } from "rhumb-wasm/worker";
import type {
  Differences, Finding, Range, Settings, WorkerSession, WorkerSnapshot,
} from "rhumb-wasm/worker";
import { Text } from "@codemirror/state";

import { rangeOf } from "./editor/places.ts";
import { Manifests, type Rendered } from "./manifests.ts";
import { Signal } from "./page/events.ts";

export type Content = string | Uint8Array;
export type Files = Record<string, Content>;

/** What a project can be opened from, and what a link holds. */
export interface Source {
  files: Files;
  root?: string;
  /** The file to show. */
  file?: string;
  settings?: Settings;
}

/** What the engine said of one state. */
export interface State extends Rendered {
  findings: Finding[];
  /** Milliseconds from the change to the answer. */
  took: number;
}

export class Project {
  readonly files = new Map<string, Content>();
  root = "";
  roots: string[] = [];
  environments: string[] = [];
  settings: Settings = {};
  file: string | undefined;
  state: State = { ok: true, manifests: Manifests.none, objects: [], notes: null, findings: [], took: 0 };

  /** Other files are open now. */
  readonly opened = new Signal();
  /** A file came, went, or changed its name. */
  readonly listed = new Signal();
  /** A file was changed by something other than the editor. */
  readonly edited = new Signal();
  /** Another file is shown, or another place of it. */
  readonly shown = new Signal<{ line: number; character: number } | undefined>();
  /** The engine has an answer to the newest state. */
  readonly answered = new Signal<State>();
  /** The engine could not answer. */
  readonly failed = new Signal<string>();

  #session: WorkerSession;
  // The last answer about `root`, from which the next one is told.
  #told: { root: string; state: string } | undefined;
  #baseline: WorkerSnapshot | undefined;

  private constructor(session: WorkerSession) {
    this.#session = session;
  }

  /** Charts get random bytes that are always the same, and the time of the start. */
  static async start(): Promise<Project> {
    const seconds = Math.floor(Date.now() / 1000);
    return new Project(await open({ seed: "playground", seconds, timeout: 15_000 }));
  }

  get session(): WorkerSession {
    return this.#session;
  }

  /** Opens other files in the place of those that are open. */
  async open(source: Source): Promise<void> {
    // One file that is refused refuses all of them: then what is open stays.
    await this.#session.loadFiles(source.files);
    const gone = [...this.files.keys()].filter((path) => !Object.hasOwn(source.files, path));
    await Promise.all(gone.map((path) => this.#session.deleteFile(path)));
    this.files.clear();
    for (const [path, content] of Object.entries(source.files)) this.files.set(path, content);
    this.roots = await this.#session.roots();
    const root = source.root ?? this.roots[0] ?? "";
    this.file = source.file !== undefined && this.files.has(source.file) ? source.file : this.#firstFile(root);
    await this.#use(root, source.settings ?? {});
    this.opened.emit();
    this.listed.emit();
    this.shown.emit(undefined);
    await this.refresh();
    await this.rebase();
  }

  /** Opens a packed chart. */
  async openArchive(name: string, bytes: Uint8Array): Promise<void> {
    await Promise.all([...this.files.keys()].map((path) => this.#session.deleteFile(path)));
    try {
      const folder = await this.#session.loadArchive(name, bytes);
      const paths = await this.#session.files();
      const contents = await Promise.all(paths.map((path) => this.#session.readFile(path)));
      const files = Object.fromEntries(paths.map((path, i) => [path, readable(contents[i] ?? new Uint8Array())]));
      await this.open({ files, root: folder });
    } catch (error) {
      await this.#session.loadFiles(Object.fromEntries(this.files));
      throw error;
    }
  }

  /** Writes a file as it is in the editor now. */
  async write(path: string, content: Content): Promise<void> {
    const isNew = !this.files.has(path);
    this.files.set(path, content);
    const start = performance.now();
    const written = this.#session.setFile(path, content);
    if (isNew) {
      await written;
      await this.#relist();
    }
    await this.refresh(start);
  }

  /** Makes the edits of a fix; they do not overlap. */
  async apply(edits: Array<{ file: string; range: Range; text: string }>): Promise<void> {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const own = edits.filter((edit) => edit.file === file).map(({ range, text }) => ({ range, text }));
      const content = edited(this.text(file) ?? "", own);
      const isNew = !this.files.has(file);
      this.files.set(file, content);
      await this.#session.setFile(file, content);
      if (isNew) await this.#relist();
    }
    this.edited.emit();
    await this.refresh();
  }

  async remove(path: string): Promise<void> {
    if (!this.files.delete(path)) return;
    await this.#session.deleteFile(path);
    if (this.file === path) {
      this.file = this.#firstFile(this.root);
      this.shown.emit(undefined);
    }
    await this.#relist();
    await this.refresh();
  }

  async rename(from: string, to: string): Promise<void> {
    const content = this.files.get(from);
    if (content === undefined || from === to) return;
    if (this.files.has(to)) throw new Error(`there is a file ${to} already`);
    await this.#session.setFile(to, content);
    await this.#session.deleteFile(from);
    this.files.delete(from);
    this.files.set(to, content);
    if (this.file === from) this.file = to;
    await this.#relist();
    await this.refresh();
  }

  /** Shows a file, at a place. */
  show(path: string, at?: { line: number; character: number }): void {
    if (!this.files.has(path)) return;
    this.file = path;
    this.shown.emit(at);
  }

  /** Shows another package of the files. */
  async choose(root: string): Promise<void> {
    await this.#use(root, {});
    this.show(this.#firstFile(root) ?? "");
    this.opened.emit();
    await this.refresh();
    await this.rebase();
  }

  /** Changes what the package is built with. */
  async configure(change: Partial<Settings>): Promise<void> {
    await this.#configure({ ...this.settings, ...change });
    await this.refresh();
  }

  async refresh(start = performance.now()): Promise<void> {
    try {
      const { root } = this;
      const since = this.#told?.root === root ? this.#told.state : undefined;
      const update = await this.#session.update(root, since);
      if (root !== this.root) return;
      this.#told = { root, state: update.state };
      const { manifests, objects, findings } = this.state;
      this.state = {
        ok: update.ok,
        manifests: update.edits ? manifests.edited(update.edits) : Manifests.of(update.text ?? ""),
        objects: update.objects ?? objects,
        notes: update.notes,
        findings: update.findings ?? findings,
        took: performance.now() - start,
      };
      this.answered.emit(this.state);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Makes the present state the one that later states are compared with. */
  async rebase(): Promise<void> {
    try {
      const old = this.#baseline;
      this.#baseline = await this.#session.snapshot(this.root);
      await old?.free();
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Returns what differs from the baseline, or from what another environment gives. */
  async compare(environment: string | null | undefined): Promise<Differences> {
    const now = await this.#session.snapshot(this.root);
    const other = environment === undefined ? undefined : { ...this.settings, environment: environment ?? undefined };
    if (!other && !this.#baseline) await this.rebase();
    const before = other ? await this.#session.snapshot(this.root, other) : this.#baseline;
    try {
      if (!before) throw new Error("there is nothing to compare with");
      return await this.#session.diff(before, now);
    } catch (error) {
      // A run that was ended took the baseline with it.
      if (!other) this.#baseline = undefined;
      throw error;
    } finally {
      await now.free();
      if (other) await before?.free();
    }
  }

  text(path: string): string | undefined {
    const content = this.files.get(path);
    return typeof content === "string" ? content : undefined;
  }

  async #use(root: string, settings: Settings): Promise<void> {
    this.root = root;
    await this.#configure(settings);
    this.environments = await this.#session.environments(root).catch(() => []);
  }

  async #configure(settings: Settings): Promise<void> {
    const clean = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== ""));
    const before = this.settings;
    this.settings = clean;
    try {
      await this.#session.configure(this.root, clean);
    } catch (error) {
      this.settings = before;
      throw error;
    }
  }

  async #relist(): Promise<void> {
    this.roots = await this.#session.roots();
    if (!this.roots.includes(this.root) && this.roots[0] !== undefined) await this.#use(this.roots[0], this.settings);
    this.environments = await this.#session.environments(this.root).catch(() => this.environments);
    this.listed.emit();
  }

  #firstFile(root: string): string | undefined {
    const below = [...this.files.keys()].sort().filter((path) => root === "" || path.startsWith(`${root}/`));
    const named = ["values.yaml", "kustomization.yaml"].map((name) => (root === "" ? name : `${root}/${name}`));
    return named.find((path) => this.files.has(path)) ?? below.find((path) => /\.ya?ml$/.test(path)) ?? below[0];
  }

  #tell(error: unknown): void {
    if (error instanceof Superseded) return;
    const slow = error instanceof TimedOut;
    this.failed.emit(slow ? "the run took more than 15 seconds and was ended" : String((error as Error).message ?? error));
  }
}

/** Returns bytes as text where they are text. */
export function readable(bytes: Uint8Array): Content {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? bytes : text;
  } catch {
    return bytes;
  }
}

function edited(text: string, edits: Array<{ range: Range; text: string }>): string {
  const lines = Text.of(text.split(/\r\n?|\n/));
  const changes = edits.map((edit) => ({ ...rangeOf(lines, edit.range), text: edit.text })).sort((a, b) => b.from - a.from);
  return changes.reduce((text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to), lines.toString());
}
