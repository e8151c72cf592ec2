/**
 * rhumb in a worker: the methods of a session as promises, so that a page never waits for the engine.
 *
 * Calls run in the order in which they were made. A change drops the questions before it, so that typing never queues up
 * work: these reject with {@link Superseded}. A run that does not end is ended, and a new worker takes over with the same
 * files and settings.
 */
import type {
  CodeAction, Completion, Differences, EngineSource, Explanation, Finding, Hover, Location, Range, Rendered,
  RenderedPlace, Settings, Update,
} from "./index.js";

export type * from "./index.js";

/** How a session is opened; every field may be left out. */
export interface OpenOptions {
  /** Gives charts random bytes, made of it; without it, functions that ask for them are errors. */
  seed?: string;
  /** The time for charts, in seconds since 1970; counts with a seed. */
  seconds?: number;
  /** Milliseconds after which a run is ended; 10,000 by default, `Infinity` for never. */
  timeout?: number;
  /** Milliseconds that a run has to end by itself once nobody waits for it; 1,000 by default. */
  grace?: number;
  /** Where the engine is or what it is, in the place of the file beside this module. */
  engine?: EngineSource;
  /** Starts the worker, where a bundler does not find it by itself: a module worker of `worker/entry.js`. */
  worker?: () => Worker;
}

/** Opens a session in a worker of its own. */
export function open(options?: OpenOptions): Promise<WorkerSession>;

/** How a question is asked. */
export interface AskOptions {
  /** Takes the question back: it rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/**
 * Files in memory, edited one by one, and what the engine says of them.
 *
 * The methods are those of `Session`, as promises. A `root` is the folder of a package, `""` for that of all files.
 */
export interface WorkerSession {
  /** Sets a file, new or not, and says whether that changed anything. */
  setFile(path: string, content: string | Uint8Array): Promise<boolean>;
  /** Sets many files: one that is wrong changes nothing. */
  loadFiles(files: Record<string, string | Uint8Array>): Promise<void>;
  /** Unpacks a packed chart (`.tgz`) into a folder, by default one of the chart's name, and returns the folder. */
  loadArchive(name: string, bytes: Uint8Array, folder?: string): Promise<string>;
  /** Takes a file away and says whether there was one. */
  deleteFile(path: string): Promise<boolean>;
  /** Puts a text in the place of a range of a file. */
  edit(path: string, range: Range, text: string): Promise<boolean>;
  /** Sets what a package is built with, in the place of what was set before. */
  configure(root: string, settings: Settings): Promise<void>;

  /** Returns the content of a file. */
  readFile(path: string, options?: AskOptions): Promise<Uint8Array | undefined>;
  /** Returns the paths of all files, sorted. */
  files(options?: AskOptions): Promise<string[]>;
  /** Returns the folders that are packages, sorted. */
  roots(options?: AskOptions): Promise<string[]>;
  /** Returns the folder of the package that a file belongs to. */
  rootOf(path: string, options?: AskOptions): Promise<string | undefined>;
  /** Returns the environments of a package. */
  environments(root: string, options?: AskOptions): Promise<string[]>;

  /** Renders a package: the text is what the command line prints. */
  render(root: string, options?: AskOptions): Promise<Rendered>;
  /** Returns the objects that a package renders to, in the order of `render`. */
  objects(root: string, options?: AskOptions): Promise<unknown[]>;
  /** Returns the values that the templates of a package see; `null` for what has none. */
  values(root: string, options?: AskOptions): Promise<unknown>;
  /** Returns what is wrong with a package, with places in its files. */
  findings(root: string, options?: AskOptions): Promise<Finding[]>;
  /**
   * Returns what `render` and `findings` say in one answer. What is as it was in the answer whose `state` is `since` is left
   * out, and of the text the lines that changed are told: this is what a page asks at every key.
   */
  update(root: string, since?: string, options?: AskOptions): Promise<Update>;
  /** Returns the findings of a package as the command line prints them. */
  report(root: string, options?: AskOptions): Promise<string>;

  /** Returns where a place of the text of `render` comes from; `null` where nothing stands there. */
  explain(root: string, line: number, character: number, options?: AskOptions): Promise<Explanation | null>;
  /** Returns what was rendered from a place of a file, in its own package or in that of `root`. */
  renderedFrom(path: string, line: number, character: number, root?: string, options?: AskOptions): Promise<RenderedPlace[]>;
  /** Returns all that can be written at a place; whoever shows it filters by what is written already. */
  complete(path: string, line: number, character: number, options?: AskOptions): Promise<Completion[]>;
  /** Returns what stands at a place; `null` where there is nothing to say. */
  hover(path: string, line: number, character: number, options?: AskOptions): Promise<Hover | null>;
  /** Returns where what stands at a place is defined. */
  definition(path: string, line: number, character: number, options?: AskOptions): Promise<Location[]>;
  /** Returns what can be done about a range of a file with one action. */
  codeActions(path: string, range: Range, options?: AskOptions): Promise<CodeAction[]>;

  /** Returns what a package renders to at this moment, with its own settings or with others; no change drops it. */
  snapshot(root: string, settings?: Settings, options?: AskOptions): Promise<WorkerSnapshot>;
  /** Returns what differs from one snapshot to another, contents of Secrets masked. */
  diff(before: WorkerSnapshot, after: WorkerSnapshot, options?: AskOptions): Promise<Differences>;

  /** Ends the worker; everything that still waits rejects with {@link WorkerFailed}. */
  close(): void;
}

/** What a package rendered to at one moment. It lives in the worker, and goes with it when a run was ended. */
export interface WorkerSnapshot {
  /** Lets go of it. */
  free(): Promise<void>;
}

/** A change came after the question: its answer would be one about files that are no more. */
export class Superseded extends Error {}

/** The run took too long: its worker was ended, and a new one has the files. */
export class TimedOut extends Error {}

/** The worker could not start, stopped, or was closed. */
export class WorkerFailed extends Error {}
