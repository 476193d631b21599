import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const unpacked = join(tmpdir(), "tidegate-debian");

/**
 * The path of a binary of Debian's. Where it is not installed it is taken out of its package: that starts no
 * service and changes nothing on the machine.
 *
 * @throws Error where there is neither
 */
export function debianBinary(name: string, packageName: string): string {
  const installed = join("/usr/bin", name);
  if (existsSync(installed)) return installed;
  const folder = join(unpacked, packageName);
  if (!existsSync(folder)) unpack(packageName, folder);
  return join(folder, installed);
}

function unpack(packageName: string, folder: string): void {
  mkdirSync(unpacked, { recursive: true });
  const place = mkdtempSync(join(unpacked, "new-"));
  const download = () =>
    execFileSync("apt-get", ["download", "-qq", packageName], { cwd: place, stdio: "pipe" });
  try {
    download();
  } catch {
    execFileSync("apt-get", ["update", "-qq"]);
    download();
  }
  const archive = readdirSync(place).find((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Error(`There is no ${packageName} to be had.`);
  execFileSync("dpkg-deb", ["--extract", join(place, archive), place]);
  try {
    renameSync(place, folder);
  } catch (error) {
    // Another test was faster.
    if (!existsSync(folder)) throw error;
    rmSync(place, { recursive: true });
  }
}
