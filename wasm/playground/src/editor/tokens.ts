// The words of template actions, of Go templates and of Jinja alike: what is highlighted inside of `{{ }}`, `{% %}` and
// `{# #}`. Pure: text in, stretches out.

export type TokenKind = "brace" | "keyword" | "string" | "number" | "name" | "function" | "comment";
export interface Token {
  kind: TokenKind;
  from: number;
  to: number;
}
/** An action with its braces. */
export interface Action {
  from: number;
  to: number;
  tokens: Token[];
}

const GO = new Set("block break continue define else end if nil range template with and or not".split(" "));
const JINJA = new Set(
  ("and block break call continue do elif else endblock endcall endfilter endfor endif endmacro endraw endset endwith " +
    "extends filter for from if import in include is macro not or raw recursive set with without context as").split(" "),
);
const CONSTANTS = new Set(["true", "false", "none", "nil", "null", "True", "False", "None"]);
// Strings end at their line's end where nobody closed them, so that one open quote does not colour a whole file.
const WORD =
  /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`[^`]*`?|\/\*[\s\S]*?\*\/|\d[\w.]*|[$.]*[A-Za-z_][\w.$]*|\$|[|(),=:]/g;

/** Finds the actions of a text. An action that is not closed ends with its line. */
export function actions(text: string, dialect: "go" | "jinja"): Action[] {
  const found: Action[] = [];
  const opening = dialect === "go" ? /\{\{/g : /\{\{|\{%|\{#/g;
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    const from = match.index;
    const closing = { "{{": "}}", "{%": "%}", "{#": "#}" }[match[0]] ?? "}}";
    const end = closed(text, from, closing);
    found.push(action(text, from, end, match[0] === "{#", dialect));
    opening.lastIndex = end;
  }
  return found;
}

function closed(text: string, from: number, closing: string): number {
  const end = text.indexOf(closing, from + 2);
  if (end >= 0) return end + 2;
  const line = text.indexOf("\n", from);
  return line < 0 ? text.length : line;
}

function action(text: string, from: number, to: number, isComment: boolean, dialect: "go" | "jinja"): Action {
  if (isComment) return { from, to, tokens: [{ kind: "comment", from, to }] };
  const open = from + (/[-+]/.test(text[from + 2] ?? "") ? 3 : 2);
  const isClosed = to - from > 3 && /[}%]\}/.test(text.slice(to - 2, to));
  const close = Math.max(open, isClosed ? to - (/[-+]/.test(text[to - 3] ?? "") ? 3 : 2) : to);
  const tokens: Token[] = [{ kind: "brace", from, to: open }];
  // Commands begin with a function in Go's templates; in Jinja a function stands behind a bar.
  const isGo = dialect === "go";
  const keywords = isGo ? GO : JINJA;
  let start = isGo;
  for (const match of text.slice(open, close).matchAll(WORD)) {
    const [at, word] = [open + match.index, match[0]];
    const kind = kindOf(word, keywords, start);
    if (kind) tokens.push({ kind, from: at, to: at + word.length });
    start = word === "|" || (isGo && (word === "(" || keywords.has(word) || word === "="));
  }
  if (close < to) tokens.push({ kind: "brace", from: close, to });
  return { from, to, tokens };
}

function kindOf(word: string, keywords: Set<string>, isFirst: boolean): TokenKind | undefined {
  if (/^["'`]/.test(word)) return "string";
  if (word.startsWith("/*")) return "comment";
  if (/^\d/.test(word) || CONSTANTS.has(word)) return "number";
  if (keywords.has(word)) return "keyword";
  if (/^[|(),=:]$/.test(word)) return undefined;
  // A bare word at the start of a command is a function; what has a dot or a dollar is data.
  return isFirst && !/[.$]/.test(word) ? "function" : "name";
}
