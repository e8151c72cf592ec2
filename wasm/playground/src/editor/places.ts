// Places of the engine (line and UTF-16 column from 0) and offsets of an editor's text.
import type { Text } from "@codemirror/state";

export interface Place {
  line: number;
  character: number;
}

/** A place that an older text had may be behind the end of this one: then it is the end. */
export function offsetOf(text: Text, place: Place): number {
  if (place.line >= text.lines) return text.length;
  const line = text.line(place.line + 1);
  return Math.min(line.from + place.character, line.to);
}

export function placeOf(text: Text, offset: number): Place {
  const line = text.lineAt(offset);
  return { line: line.number - 1, character: offset - line.from };
}

export function rangeOf(text: Text, range: { start: Place; end: Place }): { from: number; to: number } {
  const from = offsetOf(text, range.start);
  return { from, to: Math.max(from, offsetOf(text, range.end)) };
}
