import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export interface Base {
  root: string;
  env: Record<string, string>;
  /** What of this machine a build has to see to reach packages as this machine does. */
  volumes: string[];
}

/** What the Dockerfile's commands call, and what the image is started with. */
const tools = ["sh", "mkdir", "cp", "rm", "find", "env"];

/** Lays out a base image in the folder, of this machine's own files: Node, npm, a shell and its libraries. */
export function layBase(root: string): Base {
  const bin = join(root, "usr/local/bin");
  for (const folder of ["tmp", "root", "etc", "usr/bin"]) mkdirSync(join(root, folder), { recursive: true });
  symlinkSync("usr/bin", join(root, "bin"));
  const programs = tools.map((tool) => [realpathSync(which(tool)), join(root, "usr/bin", tool)] as const);
  for (const [from, to] of [...programs, [process.execPath, join(bin, "node")] as const]) {
    copy(from, to);
    for (const library of librariesOf(from)) copy(library, join(root, library));
  }
  const npm = dirname(dirname(realpathSync(which("npm"))));
  cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(bin, "npm"));
  const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
  const npmrc = join(homedir(), ".npmrc");
  return {
    root,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/root",
      ...(authorities ? { NODE_EXTRA_CA_CERTS: authorities } : {}),
    },
    volumes: [authorities, npmrc].filter((path) => path !== undefined && existsSync(path)) as string[],
  };
}

/** The file itself, where the path is a link. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function which(program: string): string {
  return execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
}

function librariesOf(program: string): string[] {
  const output = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
