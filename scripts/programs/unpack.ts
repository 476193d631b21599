import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unpacked } from "./find.ts";

/**
 * Takes a Debian package apart in a folder of its own, which changes nothing on the machine.
 *
 * @throws Error with what apt-get or dpkg-deb said
 */
export function unpack(packageName: string): void {
  const folder = join(unpacked, packageName);
  if (existsSync(folder)) return;
  mkdirSync(unpacked, { recursive: true });
  const place = mkdtempSync(join(unpacked, "new-"));
  const run = (file: string, ...args: string[]) => execFileSync(file, args, { cwd: place, stdio: "pipe" });
  try {
    try {
      run("apt-get", "download", "-qq", packageName);
    } catch {
      run("apt-get", "update", "-qq");
      run("apt-get", "download", "-qq", packageName);
    }
    const archive = readdirSync(place).find((file) => file.endsWith(".deb"));
    if (archive === undefined) throw new Error(`apt-get has no ${packageName}.`);
    run("dpkg-deb", "--extract", archive, place);
    renameSync(place, folder);
  } catch (error) {
    rmSync(place, { recursive: true });
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
}
