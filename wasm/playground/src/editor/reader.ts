// A text that is read, not written: manifests, differences, notes. As fast as the editor for a hundred thousand lines.
import { defaultKeymap } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";

import { flash, flashes, replaceText } from "./marks.ts";
import { manifestColours } from "./manifest-colours.ts";
import type { Manifests } from "../manifests.ts";
import { offsetOf, placeOf, type Place } from "./places.ts";
import { shadowOf } from "./shadow.ts";
import { theme } from "./theme.ts";

export interface Reader {
  show(text: string): void;
  /** Shows manifests; where those are shown that they were told from, only what changed is drawn. */
  showManifests(manifests: Manifests): void;
  /** Lights up places and scrolls to the first. */
  light(places: Place[]): void;
  focus(): void;
}

interface Options {
  label: string;
  isYaml?: boolean;
  more?: Extension;
  /** A line was clicked, or Enter pressed on it. */
  picked?: (place: Place) => void;
}

export function createReader(host: HTMLElement, { label, isYaml, more, picked }: Options): Reader {
  const root = shadowOf(host);
  const pick = (view: EditorView, at: number) => {
    picked?.(placeOf(view.state.doc, at));
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: "",
      extensions: [
        EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": label }),
        lineNumbers(), highlightActiveLine(), search({ top: true }), flashes, theme, isYaml ? manifestColours : [], more ?? [],
        keymap.of([{ key: "Enter", run: (view) => pick(view, view.state.selection.main.head) }, ...defaultKeymap, ...searchKeymap]),
        EditorView.domEventHandlers({
          click: (event, view) => {
            const at = view.posAtCoords(event);
            if (at !== null && view.state.selection.main.empty) pick(view, at);
          },
        }),
      ],
    }),
  });
  let shown: Manifests | undefined;
  return {
    show: (text) => replaceText(view, text),
    showManifests: (manifests) => {
      if (shown === manifests) return;
      if (manifests.isFrom(shown)) {
        view.dispatch({ changes: manifests.changes });
        manifests.have(view.state.doc);
      } else {
        replaceText(view, manifests.lines.toString());
      }
      shown = manifests;
    },
    light: (places) => {
      const offsets = places.map((place) => offsetOf(view.state.doc, place));
      const scroll = offsets[0] === undefined ? [] : [EditorView.scrollIntoView(offsets[0], { y: "center" })];
      view.dispatch({ effects: [...flash(view.state.doc, offsets), ...scroll] });
    },
    focus: () => view.focus(),
  };
}
