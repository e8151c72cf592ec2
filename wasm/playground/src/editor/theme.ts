// The look of editors, in the colours of the page: custom properties reach into shadow roots.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--panel)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--accent)", padding: "6px 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none", paddingRight: "4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line)" },
  ".cm-panels": { backgroundColor: "var(--bar)", color: "var(--text)" },
  ".cm-panels input, .cm-panels button": { font: "inherit" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--border)", borderRadius: "6px",
    boxShadow: "0 4px 16px var(--shadow)", maxWidth: "36rem", overflow: "hidden",
  },
  ".cm-tooltip .markdown": { padding: "6px 10px", font: "13px/1.45 var(--sans)", maxHeight: "18rem", overflow: "auto" },
  ".markdown p, .markdown ul, .markdown pre": { margin: "0 0 6px" },
  ".markdown code, .markdown pre": { fontFamily: "var(--mono)", fontSize: "12px", whiteSpace: "pre-wrap" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal", marginLeft: "1em" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "4px 10px", borderLeft: "3px solid var(--info)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warning)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--error)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warning)" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--info)" },
  // The library's own marks are images in the style sheet, which the page's policy refuses.
  ".cm-lint-marker, .cm-lint-marker-error, .cm-lint-marker-warning, .cm-lint-marker-info": {
    content: '""', width: "8px", height: "8px", margin: "5px 2px", borderRadius: "50%", backgroundColor: "var(--info)",
  },
  ".cm-lint-marker-error": { content: '""', backgroundColor: "var(--error)" },
  ".cm-lint-marker-warning": { content: '""', backgroundColor: "var(--warning)", borderRadius: "0" },
  ".cm-lint-marker-info": { content: '""' },
  ".cm-template": { backgroundColor: "var(--template)", borderRadius: "2px" },
  ".cm-t-brace": { color: "var(--faint)" },
  ".cm-t-keyword": { color: "var(--c-keyword)" },
  ".cm-t-string": { color: "var(--c-string)" },
  ".cm-t-number": { color: "var(--c-number)" },
  ".cm-t-name": { color: "var(--c-name)" },
  ".cm-t-function": { color: "var(--c-function)" },
  ".cm-t-comment": { color: "var(--faint)", fontStyle: "italic" },
  ".cm-y-key": { color: "var(--c-key)" },
  ".cm-y-string": { color: "var(--c-string)" },
  ".cm-y-number": { color: "var(--c-number)" },
  ".cm-y-comment": { color: "var(--faint)", fontStyle: "italic" },
  ".cm-y-mark": { color: "var(--faint)" },
  ".cm-origin": { backgroundColor: "var(--origin)" },
  ".cm-added": { backgroundColor: "var(--added)" },
  ".cm-removed": { backgroundColor: "var(--removed)" },
  ".cm-hunk": { color: "var(--faint)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--c-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--c-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--c-number)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.meta, tags.typeName, tags.labelName], color: "var(--c-keyword)" },
  { tag: [tags.punctuation, tags.separator], color: "var(--faint)" },
]);

export const theme = [look, syntaxHighlighting(colours)];
