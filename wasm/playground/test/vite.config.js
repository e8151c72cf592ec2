// Makes a program for Node of every test beside this file.
import { readdirSync } from "node:fs";
import { resolve } from "node:path";

import { defineConfig } from "vite";

const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  root: import.meta.dirname,
  // What the page imports comes along: the tests run far from it.
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: process.env.RHUMB_OUT,
    emptyOutDir: false,
    target: "node20",
    rollupOptions: {
      input: Object.fromEntries(tests.map((name) => [name.replace(/\.ts$/, ""), resolve(import.meta.dirname, name)])),
      output: { entryFileNames: "[name].js", format: "es" },
    },
  },
});
