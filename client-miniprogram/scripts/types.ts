import { dirname, join } from "node:path";

const importing = /^import [^;]*? from "(\.[^"]+)";\n/gm;
const reexporting = /^export (?:type )?\{([^}]*)\} from "(\.[^"]+)";\n/gm;
const declaring = /^export (declare |interface |type |abstract )/gm;

/**
 * Joins the declarations that an entry reaches to one file, which exports what the entry does. The modules
 * declare no name twice, and nothing of theirs is imported under another.
 *
 * @throws Error where two modules declare the same name
 */
export function bundleTypes(entry: string, read: (path: string) => string): string {
  const seen = new Map<string, string>();
  const exported: string[] = [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.set(path, "");
    const source = read(path);
    const targets = [...source.matchAll(importing), ...source.matchAll(reexporting)].map(
      (match) => match.at(-1) ?? "",
    );
    for (const target of targets) visit(join(dirname(path), target.replace(/\.ts$/, ".d.ts")));
    if (path === entry) exported.push(...exportsOf(source));
    const text = source
      .replaceAll(importing, "")
      .replaceAll(reexporting, "")
      .replaceAll(/^export \{\};\n/gm, "");
    seen.set(path, path === entry ? text : text.replaceAll(declaring, ambient));
  };
  visit(entry);
  const declarations = [...seen.values()].filter((text) => text.trim() !== "").join("\n");
  refuseTwins(declarations);
  return `${declarations}\nexport { ${exported.join(", ")} };\n`;
}

function ambient(_match: string, kind: string): string {
  return kind === "declare " ? "declare " : kind;
}

function exportsOf(source: string): string[] {
  return [...source.matchAll(reexporting)].flatMap(([text, names = ""]) =>
    names.split(",").map((name) => {
      const plain = name.trim();
      return text.startsWith("export type") && !plain.startsWith("type ") ? `type ${plain}` : plain;
    }),
  );
}

function refuseTwins(text: string): void {
  const names = [
    ...text.matchAll(/^(?:export )?(?:declare )?(?:class|function|const|interface|type) (\w+)/gm),
  ].map(([, name]) => name);
  const twins = names.filter((name, at) => names.indexOf(name) !== at);
  if (twins.length > 0) throw new Error(`Declared twice: ${twins.join(", ")}`);
}
