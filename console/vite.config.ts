import { resolve } from "node:path";
import { defineConfig } from "vite";

const client = resolve(import.meta.dirname, "../client-miniprogram");

export default defineConfig({
  base: "/console/",
  resolve: {
    alias: [
      { find: "tidegate-miniprogram/testing", replacement: `${client}/testing/index.ts` },
      { find: "tidegate-miniprogram", replacement: `${client}/src/index.ts` },
    ],
  },
  build: {
    outDir: "../gateway/console",
    emptyOutDir: true,
    target: "es2022",
    // An inlined file would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    // What the licences of the libraries in it ask for.
    license: { fileName: "LICENSES.md" },
    modulePreload: { polyfill: false },
  },
});
