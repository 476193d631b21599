import { execFileSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * The folder as a tar, compressed: the same bytes of the same files, whoever packs them, wherever, and whenever.
 *
 * @param epoch the time of every file, in seconds
 */
export function archive(folder: string, epoch: number): Buffer {
  const order = ["--sort=name", "--format=ustar", `--mtime=@${epoch}`];
  const owner = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
  const tar = execFileSync("tar", [...order, ...owner, "-c", "-C", dirname(folder), basename(folder)], {
    maxBuffer: 2 ** 28,
  });
  return gzipSync(tar, { level: 9 });
}
