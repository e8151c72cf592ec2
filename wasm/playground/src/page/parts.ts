// F6 goes through the parts of the page, as in other programs with panes.

/** `focus` of each part, in the order of the page, with the element around it. */
export function cycleParts(parts: Array<{ host: HTMLElement; focus: () => void }>): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const active = document.activeElement;
    const at = parts.findIndex(({ host }) => active !== null && host.contains(active));
    const step = event.shiftKey ? -1 : 1;
    parts[(Math.max(at, at < 0 && step < 0 ? 0 : at) + step + parts.length) % parts.length]?.focus();
  });
}
