import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Process } from "../../../gateway/test/support/process.ts";
import { layBase } from "./base.ts";
import type { Stage } from "./dockerfile.ts";
import type { Build, Image } from "./image.ts";

const execute = promisify(execFile);

export function hasBuildah(): boolean {
  return process.getuid?.() === 0 && spawnSync("buildah", ["--version"]).status === 0;
}

/** Builds with buildah, on a base made of this machine's own files: no registry of images is asked. */
export async function buildWithBuildah({ context, stages, folder }: Build): Promise<Image> {
  // Overlays need more of a kernel than a build machine may give; the vfs driver copies.
  const store = [
    "--root",
    join(folder, "store"),
    "--runroot",
    join(folder, "run"),
    "--storage-driver",
    "vfs",
  ];
  const buildah = async (...args: string[]) => {
    const { stdout } = await execute("buildah", [...store, ...args], { maxBuffer: 2 ** 26 });
    return stdout.trim();
  };
  const { root: files, env, volumes } = layBase(join(folder, "base"));
  const scratch = await buildah("from", "scratch");
  await buildah("add", "-q", scratch, files, "/");
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  await buildah("config", ...variables, scratch);
  await buildah("commit", "-q", scratch, "localhost/base");
  const options = ["--isolation", "chroot", "--network", "host", "--pull-never", "--format", "docker", "-q"];
  const mounts = volumes.flatMap((path) => ["-v", `${path}:${path}:ro`]);
  const base = ["--build-arg", "BASE_IMAGE=localhost/base"];
  await buildah("bud", ...options, ...mounts, ...base, "-t", "localhost/tidegate", context);
  const container = await buildah("from", "--pull-never", "localhost/tidegate");
  const root = await buildah("mount", container);
  return { root, start: starter(root, stages.at(-1)) };
}

function starter(root: string, stage: Stage | undefined): Image["start"] {
  if (stage === undefined) throw new Error("the Dockerfile has no stage");
  return (command, extra) => {
    const env = { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...stage.env, ...extra };
    const args = [`--userspec=${stage.user}`, root, "env", "-C", stage.workdir, ...command];
    return new Process("chroot", args, { cwd: "/", env });
  };
}
