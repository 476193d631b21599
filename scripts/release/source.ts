import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What stands in the repository at a commit, in a folder of its own. */
export interface Source {
  folder: string;
  version: string;
  commit: string;
  /** When the commit was made, in seconds: the time of every file of the release. */
  epoch: number;
}

/**
 * @param root the repository
 * @param revision a tag such as `v0.2.0`, or a commit
 * @throws Error where there is none, or a tag is of another version than its packages
 */
export function exportSource(root: string, revision: string): Source {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  const commit = git("rev-parse", "--verify", `${revision}^{commit}`);
  const epoch = Number(git("show", "-s", "--format=%ct", commit));
  const folder = mkdtempSync(join(tmpdir(), "tidegate-release-"));
  const archive = join(folder, "source.tar");
  git("archive", "--format=tar", `--output=${archive}`, commit);
  execFileSync("tar", ["-xf", archive, "-C", folder]);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  if (/^v\d/.test(revision) && revision !== `v${version}`)
    throw new Error(
      `The tag ${revision} is on a commit of version ${version}: run npm run version before it is set.`,
    );
  return { folder, version, commit, epoch };
}
