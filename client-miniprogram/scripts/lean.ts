import type { Changes } from "./lean/change.ts";
import { client, clientParser, emitter } from "./lean/client.ts";
import { engine, engineParser } from "./lean/engine.ts";

/**
 * What of the official client a mini-program never runs, by file. The version is pinned, and the build fails
 * when a file no longer has what is named here.
 */
const packages: { [name: string]: Changes } = {
  "engine.io-client": engine,
  "socket.io-client": client,
  "engine.io-parser": engineParser,
  "socket.io-parser": clientParser,
  "component-emitter": emitter,
};

/**
 * @param path of a module of the official client, with forward slashes
 * @returns its source as the bundle has it
 * @throws Error where a method that is to be changed is not there
 */
export function lean(path: string, source: string): string {
  const [, name = "", file = ""] = /([\w.-]+)\/(?:build|lib)\/esm(?:-debug)?\/(.*)/.exec(path) ?? [];
  const change = packages[name]?.[file];
  if (!change) return source;
  if (change.file !== undefined) return change.file;
  const shorter = (change.cut ?? []).reduce((text, part) => cut(text, part, path), source);
  return Object.entries(change.methods ?? {}).reduce(
    (text, [method, replacement]) => replaceMethod(text, method, replacement, path),
    shorter,
  );
}

function cut(source: string, part: RegExp, path: string): string {
  if (!part.test(source)) throw new Error(`${path} has nothing like ${part}.`);
  return source.replace(part, "");
}

/** The compiled files are indented by four blanks, so a method ends at the first brace that stands there. */
function replaceMethod(source: string, method: string, replacement: string, path: string): string {
  const pattern = new RegExp(
    `^ {4}${method}\\(.*\\) \\{(?:\\n(?: {5}.*)?)*\\n {4}\\}$|^ {4}${method}\\(.*\\) \\{.*\\}$`,
    "m",
  );
  if (!pattern.test(source)) throw new Error(`${path} has no method ${method}.`);
  return source.replace(pattern, replacement);
}
