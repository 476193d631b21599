import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Says of a path in the build context whether a build sees it. Ours is a list of what is let in, after a line that
 * keeps everything out.
 */
export function contextFilter(root: string): (path: string) => boolean {
  const [first, ...lines] = readFileSync(join(root, ".dockerignore"), "utf8").trim().split("\n");
  if (first !== "*" || lines.some((line) => !line.startsWith("!"))) {
    throw new Error(".dockerignore is expected to be `*` and then what is let in");
  }
  const letIn = lines.map((line) => line.slice(1));
  return (path) => letIn.some((entry) => path === entry || path.startsWith(`${entry}/`));
}
