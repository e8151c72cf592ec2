/**
 * rhumb in this thread: a {@link Session} over files in memory, and two functions for a single question.
 *
 * Call {@link load} once before anything else. For a page that must not wait, see `rhumb-wasm/worker`.
 */
export * from "./rhumb_wasm.js";

/**
 * Loads the engine, once: further calls return the same promise.
 *
 * @param source Where the engine is or what it is, in the place of the file beside this module: a URL, a response, its
 * bytes, or a compiled module.
 */
export function load(source?: EngineSource): Promise<void>;

/** What the engine can be loaded from. */
export type EngineSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** What `render` and `validate` may be asked for; every field may be left out. */
export interface Options {
  /** The folder of the package among the files; the root where it is left out. */
  root?: string;
  /** The environment: a folder of `overlays/`. */
  environment?: string;
  /** Texts of values files, lowest first. */
  values?: string[];
  /** `--set` flags: `a.b=1`. */
  set?: string[];
  /** `--set-string` flags. */
  setString?: string[];
  /** `--set-json` flags. */
  setJson?: string[];
  /** `--set-literal` flags. */
  setLiteral?: string[];
  /** The release's name. */
  name?: string;
  /** The namespace for objects that name none. */
  namespace?: string;
  /** The version of Kubernetes: `1.34`. */
  kubeVersion?: string;
  /** Whether keys that nothing reads, and kinds that no schema describes, are errors. */
  strict?: boolean;
  /** Whether objects are left unchecked. */
  noValidate?: boolean;
}

/** What is said of manifests. */
export interface Checked {
  /** Whether there is no error among the findings. */
  ok: boolean;
  /** How many objects there are. */
  objects: number;
  /** The findings as `rhumb --output json` has them. */
  findings: CheckedFinding[];
  /** The findings as the command line prints them. */
  report: string;
}

/** What a package renders to, and what is said of it. */
export interface Built extends Checked {
  /** The manifests, as the command line prints them; empty where there is an error. */
  yaml: string;
}

/** A finding with its places: lines and columns from 1, as people count. */
export interface CheckedFinding {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  [further: string]: unknown;
}

/**
 * Renders a package, a chart or a kustomization, and validates what comes out.
 *
 * @param files A map from path to text.
 * @throws When the files or the options are not what they should be: the caller's mistake, not the package's.
 */
export function render(files: Record<string, string>, options?: Options): Built;

/**
 * Validates manifests.
 *
 * @param manifests A map from the name of a file to its text.
 * @throws As {@link render}.
 */
export function validate(manifests: Record<string, string>, options?: Options): Checked;
