import { accessSync, constants, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Program, type ProgramName, programs } from "./table.ts";

/** Debian keeps servers and network tools here, which are not on the PATH of everybody who may run them. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Where packages are unpacked; see `unpack.ts`. */
export const unpacked = join(tmpdir(), "tidegate-debian");

/** The path of the program, where this machine has it. */
export function findProgram(name: ProgramName): string | undefined {
  const { names, debian, unpack }: Program = programs[name];
  const own = unpack ? debian.map((packageName) => join(unpacked, packageName, "usr/bin")) : [];
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...systemFolders, ...own].filter(Boolean);
  return names.flatMap((file) => folders.map((folder) => join(folder, file))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
