// The words of a line of YAML as it is rendered: a key, a scalar, a comment. Pure: text in, stretches out.
//
// Rendered manifests may be megabytes, of which a key changes lines everywhere: a parser of the whole would take longer
// than the engine does. A line alone tells nearly all; that it belongs to a text of several lines, the lines above tell.

export type WordKind = "key" | "string" | "number" | "comment" | "mark";
export interface Word {
  kind: WordKind;
  from: number;
  to: number;
}

/** The parts of a line. */
interface Parts {
  /** Where what the dashes list starts: further in than the line itself. */
  content: number;
  dashes: number[];
  /** The end of the key, where there is one. */
  key: number | undefined;
  /** Where the value starts. */
  value: number;
}

// What stands behind this is on no screen.
const MOST = 1_000;
const CONSTANT = /^(?:true|false|null|~|[-+]?(?:0x[\da-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\.inf|\.nan))$/;
const QUOTED = /^(?:"(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?)/;
const OPENING = /^(?:[&!]\S* +)*[|>][-+\d]{0,2}(?: +#.*| *)$/;
const FLOW = /"(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?|[[\]{},]|#.*|[^\s[\]{},"'#][^[\]{},"']*/g;

/** Finds the words of a line that is no part of a text of several lines. */
export function wordsOf(whole: string): Word[] {
  const line = whole.slice(0, MOST);
  if (/^(---|\.\.\.)(\s|$)/.test(line)) return [{ kind: "mark", from: 0, to: 3 }, ...scalar(line, 3)];
  const { content, dashes, key, value } = partsOf(line);
  return [
    ...dashes.map((at): Word => ({ kind: "mark", from: at, to: at + 1 })),
    ...(key === undefined ? [] : [{ kind: "key", from: content, to: key } as const]),
    ...scalar(line, value),
  ];
}

/** Returns how far a line is indented; a blank one says nothing. */
export function indentOf(line: string): number | undefined {
  const at = line.search(/\S/);
  return at < 0 ? undefined : at;
}

/**
 * Returns the column of what a text of several lines belongs to, where this line opens one: the text goes on as long as its
 * lines are indented further.
 */
export function opensText(whole: string): number | undefined {
  const line = whole.slice(0, MOST);
  // Quick to say for nearly all lines.
  if (!/[|>]/.test(line)) return undefined;
  const { content, dashes, key, value } = partsOf(line);
  if (!OPENING.test(line.slice(value).trimStart())) return undefined;
  return key === undefined ? (dashes.at(-1) ?? -1) : content;
}

function partsOf(line: string): Parts {
  const dashes: number[] = [];
  let at = indentOf(line) ?? line.length;
  while (line[at] === "-" && (at + 1 === line.length || line[at + 1] === " ")) {
    dashes.push(at);
    at++;
    while (line[at] === " ") at++;
  }
  const key = keyEnd(line, at);
  return { content: at, dashes, key, value: key === undefined ? at : line.indexOf(":", key) + 1 };
}

function keyEnd(line: string, start: number): number | undefined {
  const quoted = QUOTED.exec(line.slice(start))?.[0];
  const endsAt = (at: number) => line[at] === ":" && (at + 1 === line.length || line[at + 1] === " ");
  if (quoted) {
    const end = start + quoted.length;
    let at = end;
    while (line[at] === " ") at++;
    return endsAt(at) ? end : undefined;
  }
  if (/[#,[\]{}&*!|>%@`]/.test(line[start] ?? "")) return undefined;
  for (let at = start; at < line.length; at++) {
    if (endsAt(at)) return at > start ? at : undefined;
    if (line[at] === "#" && line[at - 1] === " ") return undefined;
  }
  return undefined;
}

function scalar(line: string, start: number): Word[] {
  const from = start + (indentOf(line.slice(start)) ?? line.length);
  const rest = line.slice(from);
  if (!rest) return [];
  if (/^[[{]/.test(rest)) return [...rest.matchAll(FLOW)].flatMap((match) => flow(match[0], from + match.index));
  const quoted = QUOTED.exec(rest)?.[0].length ?? 0;
  const hash = rest.startsWith("#") ? 0 : rest.indexOf(" #", quoted);
  const word = (hash < 0 ? rest : rest.slice(0, hash)).trimEnd();
  const words: Word[] = word ? [{ kind: kindOf(word, quoted > 0), from, to: from + word.length }] : [];
  if (hash >= 0) words.push({ kind: "comment", from: line.indexOf("#", from + hash), to: line.length });
  return words;
}

function kindOf(word: string, isQuoted: boolean): WordKind {
  if (isQuoted) return "string";
  if (OPENING.test(word) || /^[&*!]/.test(word)) return "mark";
  return CONSTANT.test(word) ? "number" : "string";
}

function flow(word: string, from: number): Word[] {
  if (word.startsWith("#")) return [{ kind: "comment", from, to: from + word.length }];
  if (/^[[\]{},]$/.test(word)) return [{ kind: "mark", from, to: from + 1 }];
  const key = /^([^:]*):(?: +|$)/.exec(word);
  const [at, inner] = key ? [from + key[0].length, word.slice(key[0].length)] : [from, word];
  const value = inner.trimEnd();
  return [
    ...(key?.[1] ? [{ kind: "key", from, to: from + key[1].length } as const] : []),
    ...(value ? [{ kind: kindOf(value, /^["']/.test(value)), from: at, to: at + value.length }] : []),
  ];
}
