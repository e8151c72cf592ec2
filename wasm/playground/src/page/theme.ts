// Light or dark: as the system says until somebody says otherwise.

const KEY = "rhumb-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function followTheme(button: HTMLButtonElement): void {
  const chosen = () => stored() ?? (system.matches ? "dark" : "light");
  const apply = () => (document.documentElement.dataset.theme = chosen());
  system.addEventListener("change", apply);
  button.addEventListener("click", () => {
    store(chosen() === "dark" ? "light" : "dark");
    apply();
  });
  apply();
}

// Storage is refused in some private windows: then the choice lasts as long as the page.
let remembered: string | null = null;

function stored(): string | null {
  try {
    return localStorage.getItem(KEY) ?? remembered;
  } catch {
    return remembered;
  }
}

function store(theme: string): void {
  remembered = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Kept above.
  }
}
