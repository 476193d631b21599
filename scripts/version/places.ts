import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

const number = String.raw`(\d+\.\d+\.\d+(?:-[\w.]+)?)`;

/** How the project's version is written; the version is the only group. */
const forms = [
  // package.json, and a workspace in a lock file.
  String.raw`"name": "(?:tidegate|@tidegate/\w+|tidegate-[\w-]+)",\s+"version": "${number}"`,
  // Dockerfile.
  `ARG VERSION=${number}`,
  // The chart's own version, and that of what it installs.
  String.raw`type: application\nversion: ${number}`,
  `appVersion: "${number}"`,
  // The image's tag.
  `/tidegate:${number}`,
  // A node in an example of the HTTP API.
  String.raw`"node": "[\w-]+", "version": "${number}"`,
  // The client as a dependency, and as `npm pack` writes it.
  String.raw`"tidegate-miniprogram": "\^${number}"`,
  String.raw`tidegate-miniprogram-${number}\.tgz`,
].map((form) => new RegExp(form, "dg"));

const read = /(?:^|\/)(?:Dockerfile|[^/]+\.(?:json|md|yaml|ts|mjs|js|vue))$/;
const skipped = ["node_modules", ".git", "dist", "miniprogram_dist", "compat"];

/** A version that a file of the repository has, and where it stands in the text. */
export interface Place {
  /** Relative to the repository. */
  file: string;
  version: string;
  from: number;
  to: number;
}

/** Every file that may have the version, relative to the repository. */
export function files(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !skipped.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(path) : [relative(root, path)];
    })
    .filter((file) => read.test(file));
}

/** The places of a file, in order. */
export function placesIn(file: string, text = readFileSync(join(root, file), "utf8")): Place[] {
  const found = forms.flatMap((form) => [...text.matchAll(form)]);
  return found
    .map((match) => {
      const [from = 0, to = 0] = match.indices?.[1] ?? [];
      return { file, version: text.slice(from, to), from, to };
    })
    .sort((a, b) => a.from - b.from);
}

/** The text with this version in all its places. */
export function withVersion(text: string, places: readonly Place[], version: string): string {
  return places.reduceRight((rest, { from, to }) => rest.slice(0, from) + version + rest.slice(to), text);
}
