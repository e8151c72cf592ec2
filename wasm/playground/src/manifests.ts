// The rendered manifests as the page holds them: lines, of which an answer of the engine changes a few.
import { ChangeSet, Text } from "@codemirror/state";
import type { LineEdit, RenderedObject } from "rhumb-wasm/worker";

/** What a package renders to. */
export interface Rendered {
  /** Whether there is no error among the findings. */
  ok: boolean;
  manifests: Manifests;
  objects: RenderedObject[];
  /** What a chart's `NOTES.txt` says. */
  notes: string | null;
}

export class Manifests {
  static readonly none = new Manifests(Text.empty);

  #lines: Text | undefined;

  private constructor(
    lines: Text | undefined,
    // Where lines end in more than one way, the text is more than its lines.
    private readonly whole?: string,
    /** What became of other manifests, where these were told as that. */
    readonly changes?: ChangeSet,
    private before?: Manifests,
  ) {
    this.#lines = lines;
  }

  static of(text: string): Manifests {
    return new Manifests(Text.of(text.split(/\r\n?|\n/)), text.includes("\r") ? text : undefined);
  }

  edited(edits: LineEdit[]): Manifests {
    if (!edits.length) return this;
    const { lines } = this;
    return new Manifests(undefined, undefined, ChangeSet.of(edits.map((edit) => changeOf(lines, edit)), lines.length), this);
  }

  /** Whether these were told as what became of others. */
  isFrom(other: Manifests | undefined): boolean {
    return this.before !== undefined && this.before === other;
  }

  get lines(): Text {
    if (!this.#lines) this.have(this.changes!.apply(this.before!.lines));
    return this.#lines!;
  }

  /** Takes the lines from an editor that made them of the same changes. */
  have(lines: Text): void {
    this.#lines = lines;
    this.before = undefined;
  }

  /** The text, byte for byte as the engine gave it. */
  toString(): string {
    return this.whole ?? this.lines.toString();
  }
}

/** Lines go with the break behind them; the last ones, which have none, with the break before. */
function changeOf(text: Text, { from, to, lines }: LineEdit): { from: number; to: number; insert: Text } {
  const isEnd = to === text.lines;
  const start = (line: number) => (line < text.lines ? text.line(line + 1).from : text.length);
  if (lines.length && to > from) return { from: start(from), to: text.line(to).to, insert: Text.of(lines) };
  if (lines.length) return { from: start(from), to: start(from), insert: Text.of(isEnd ? ["", ...lines] : [...lines, ""]) };
  if (!isEnd) return { from: start(from), to: start(to), insert: Text.empty };
  return { from: from > 0 ? text.line(from).to : 0, to: text.length, insert: Text.empty };
}
