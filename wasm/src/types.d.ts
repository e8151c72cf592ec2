/** A place: line and column from 0, columns in UTF-16 code units, as in JavaScript's strings. */
export interface Position { line: number; character: number }

/** A stretch of text; the end is behind its last character. */
export interface Range { start: Position; end: Position }

/** What a package is built with; every field may be left out. */
export interface Settings {
  /** The environment: a folder of `overlays/`. */
  environment?: string;
  /** Files of the session to take values from, lowest first. */
  valuesFiles?: string[];
  /** Texts of further values files, over those. */
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
  /** API versions that a chart is to find in the cluster. */
  apiVersions?: string[];
  /** Whether a chart is rendered as an upgrade of its release. */
  isUpgrade?: boolean;
  /** Files of the session that hold further custom resource definitions. */
  crds?: string[];
  /** Whether keys that nothing reads, and kinds that no schema describes, are errors. */
  strict?: boolean;
  /** Whether objects are left unchecked. */
  noValidate?: boolean;
}

/** What a package renders to. */
export interface Rendered {
  /** Whether there is no error among the findings. */
  ok: boolean;
  /** The manifests, as the command line prints them: as far as they were rendered, where there are errors. */
  text: string;
  /** The objects in the text, in their order. */
  objects: RenderedObject[];
  /** What a chart's `NOTES.txt` says. */
  notes: string | null;
}

/** What a package renders to and what is wrong with it. What is as it was in an answer that the caller has is left out. */
export interface Update {
  /** What to name as `since` when asking for the next one. */
  state: string;
  /** Whether there is no error among the findings. */
  ok: boolean;
  /** What a chart's `NOTES.txt` says. */
  notes: string | null;
  /** The manifests, where they are told as a whole. */
  text?: string;
  /** What became of the lines of the manifests, in order; here or in `text`. */
  edits?: LineEdit[];
  /** The objects in the text, where they or their places changed. */
  objects?: RenderedObject[];
  /** The findings, where they changed. */
  findings?: Finding[];
}

/** Lines of a text, counted from 0 before the first edit, and what stands in their place. */
export interface LineEdit {
  /** The first line. */
  from: number;
  /** The line behind the last one. */
  to: number;
  /** The new lines. */
  lines: string[];
}

/** An object in a rendered text. */
export interface RenderedObject {
  /** `Kind/name` or `namespace/Kind/name`. */
  name: string;
  /** The file that it was rendered from, as messages call it. */
  source: string;
  /** Where it stands. */
  range: Range;
}

/** Something that is wrong, or worth knowing. */
export interface Finding {
  /** The stable code. */
  code: string;
  severity: "error" | "warning" | "info";
  /** What is wrong. */
  message: string;
  /** The object it is about. */
  object: string | null;
  /** The field it is about. */
  field: string | null;
  /** Further facts. */
  notes: string[];
  /** What to do. */
  help: string | null;
  /** The file it stands in; `null` for what stands in no file of the session. */
  file: string | null;
  /** Where in the file. */
  range: Range;
  /** The places behind it. */
  related: Array<Location & { text: string }>;
}

/** A stretch of a file. */
export interface Location { file: string; range: Range }

/** Where a field of the rendered text comes from. */
export interface Explanation {
  /** The object. */
  object: string;
  /** The field. */
  field: string;
  /** Where the field stands in the rendered text. */
  range: Range;
  /** What gave it, in the order in which it happened. */
  origins: Origin[];
}

/** One thing that a field comes from. */
export interface Origin {
  kind: "template" | "call" | "resource" | "kustomization" | "value" | "patch" | "transformation" | "namespace";
  /** The path of a value with its layer, the environment of a patch; may be empty. */
  text: string;
  /** The file; `null` for what stands in none, as flags do. */
  file: string | null;
  /** Where in the file. */
  range: Range;
  /** Whether it counts in the end. */
  counts: boolean;
}

/** A place in the rendered text. */
export interface RenderedPlace {
  /** The object. */
  object: string;
  /** The field; empty for an object as a whole. */
  field: string;
  /** Where it stands in the text of `render`. */
  range: Range;
  /** Whether what was asked about counts: not where a higher layer of values took its place. */
  counts: boolean;
}

/** Something that can be written at a place. */
export interface Completion {
  /** What is shown. */
  label: string;
  kind: "value" | "field" | "choice" | "function" | "variable" | "keyword" | "template" | "file";
  /** Its type or how it is called, in a few words; may be empty. */
  detail: string;
  /** What is to be said of it, in Markdown; may be empty. */
  about: string;
  /** What is written. */
  insert: string;
  /** What that takes the place of. */
  range: Range;
}

/** What is to be said of a place: Markdown, made from what strangers may have written. */
export interface Hover { text: string; range: Range }

/** Something that can be done; the edits do not overlap. */
export interface CodeAction {
  title: string;
  /** The code of the finding that it does away with. */
  fixes: string | null;
  edits: Array<Location & { text: string }>;
}

/** What differs between two snapshots, contents of Secrets masked. */
export interface Differences {
  summary: { added: number; removed: number; changed: number };
  objects: ObjectDifference[];
  /** The differences as text. */
  text: string;
}

/** An object that differs. */
export interface ObjectDifference {
  group: string;
  kind: string;
  namespace: string;
  name: string;
  change: "added" | "removed" | "changed";
  /** The fields that differ, of an object that was changed. */
  changes?: FieldDifference[];
  /** The object, where it was removed. */
  before?: unknown;
  /** The object, where it was added. */
  after?: unknown;
}

/** A field that differs. */
export interface FieldDifference {
  path: string;
  change: "added" | "removed" | "changed";
  before?: unknown;
  after?: unknown;
}
