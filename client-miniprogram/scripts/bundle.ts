import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { minify } from "terser";

const root = join(import.meta.dirname, "..");

/** ES2015 has no private members, and what esbuild puts in their place doubles the size of the client. */
const plainMembers: Plugin = {
  name: "plain-members",
  setup({ onLoad }) {
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
  const { outputFiles } = await build({
    // Without exports of its own esbuild needs no helpers for them. Node finds their names in assignments only.
    stdin: {
      contents: `import { connect, TideError } from "./src/index.ts";
        exports.connect = connect;
        exports.TideError = TideError;`,
      resolveDir: root,
    },
    write: false,
    bundle: true,
    format: "cjs",
    platform: "browser",
    target: "es2015",
    charset: "utf8",
    minify: true,
    plugins: [plainMembers],
    // Names that begin with an underscore are the modules' own; the one exception is part of the protocol.
    mangleProps: /^_[a-z]/i,
    reserveProps: /^_placeholder$/,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, target: "ES2015" } },
  });
  // Another 3 % of every mini-program: it gives locals of different functions the same names.
  const { code = "" } = await minify(outputFiles[0]?.text ?? "", {
    ecma: 2015,
    toplevel: true,
    compress: { passes: 3, hoist_funs: true, reduce_funcs: false },
  });
  await mkdir(dirname(outfile), { recursive: true });
  await writeFile(outfile, code);
}
