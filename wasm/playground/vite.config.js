// Builds the page into RHUMB_OUT. The npm package is found where `playground/build` puts it, in node_modules.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { defineConfig } from "vite";

const worker = resolve(import.meta.dirname, "offline.js");

// The service worker knows the files of the build by name, and by one digest when they have changed.
function offline() {
  return {
    name: "offline",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => !name.endsWith(".map")).sort();
      const digest = createHash("sha256");
      for (const name of files) digest.update(name).update(bundle[name].code ?? bundle[name].source);
      const source = readFileSync(worker, "utf8")
        .replace('"%VERSION%"', JSON.stringify(digest.digest("hex").slice(0, 16)))
        .replace('"%FILES%"', files.filter((name) => name !== "index.html").map((name) => JSON.stringify(name)).join(", "));
      this.emitFile({ type: "asset", fileName: "offline.js", source });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  server: { fs: { allow: [resolve(import.meta.dirname, "../..")] } },
  optimizeDeps: { exclude: ["rhumb-wasm"] },
  worker: { format: "es" },
  build: {
    outDir: resolve(process.env.RHUMB_OUT ?? "../../target/web/playground"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2_000,
  },
  plugins: [offline()],
});
