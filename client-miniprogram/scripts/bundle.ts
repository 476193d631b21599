import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { lean } from "./lean.ts";

const root = join(import.meta.dirname, "..");

const leaner: Plugin = {
  name: "leaner",
  setup({ onLoad }) {
    onLoad(
      { filter: /((engine|socket)\.io-(client|parser)|component-emitter)[\\/](build|lib)[\\/]/ },
      async ({ path }) => ({
        contents: lean(path.replaceAll("\\", "/"), await readFile(path, "utf8")),
        loader: "js",
      }),
    );
    // ES2015 has no private members, and what esbuild puts in their place doubles the size of the client.
    onLoad({ filter: /client-miniprogram[\\/]src[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(/#([a-z]\w*)/gi, "_$1"),
      loader: "ts",
    }));
  },
};

/**
 * Bundles the client for mini-programs: one CommonJS file in ES2015, with nothing that phones lack.
 *
 * @param outfile where to write it
 */
export async function bundleClient(outfile: string): Promise<void> {
  await build({
    // Without exports of its own esbuild needs no helpers for them.
    stdin: {
      contents: 'import { connect } from "./src/index.ts"; exports.connect = connect;',
      resolveDir: root,
    },
    outfile,
    bundle: true,
    format: "cjs",
    platform: "browser",
    mainFields: ["module", "main"],
    conditions: ["import"],
    target: "es2015",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    plugins: [leaner],
    // Names that begin with an underscore are the modules' own; the one exception is part of the protocol.
    mangleProps: /^_[a-z]/i,
    reserveProps: /^_placeholder$/,
    mangleQuoted: true,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: "ES2015" } },
  });
}
