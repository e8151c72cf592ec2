// Where an editor stands. CodeMirror writes style elements into a document, which the page's policy forbids, and adopts
// style sheets inside a shadow root, which it allows.

export function shadowOf(host: HTMLElement): ShadowRoot {
  return host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
}
