import { execFile } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { bareEnvironment, Process } from "../../../gateway/test/support/process.ts";
import { contextFilter } from "./context.ts";
import type { Copy, Stage } from "./dockerfile.ts";
import type { Build, Image } from "./image.ts";

const execute = promisify(execFile);

/** Executes the stages as plain commands, each in a clean folder that stands for its `/`. */
export async function buildPlainly({ context, stages, folder }: Build): Promise<Image> {
  const rootOf = (stage: string) => join(folder, stage);
  const sees = contextFilter(context);
  const build = async (stage: Stage) => {
    for (const step of stage.steps) {
      const cwd = join(rootOf(stage.name), stage.workdir);
      mkdirSync(cwd, { recursive: true });
      if (step.kind === "run") await run(step.command, cwd, stage.env);
      else copy(step, step.from === undefined ? context : rootOf(step.from), cwd, sees);
    }
  };
  const final = stages.at(-1);
  if (final === undefined) throw new Error("the Dockerfile has no stage");
  await Promise.all(stages.slice(0, -1).map(build));
  await build(final);
  return plainImage(rootOf(final.name), final);
}

async function run(command: string, cwd: string, env: Record<string, string>): Promise<void> {
  // What was downloaded a minute ago need not come again.
  const variables = { ...outerEnvironment(), ...env, npm_config_prefer_offline: "true" };
  await execute("sh", ["-c", command], { cwd, env: variables });
}

/** Without what npm and vitest tell their children about the package that they run for. */
function outerEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(registry|cache|userconfig|cafile)$/;
  const own = /^(npm_|NODE_|VITEST|INIT_CWD)/;
  const names = Object.keys(process.env).filter((name) => !own.test(name) || kept.test(name));
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), NODE_EXTRA_CA_CERTS };
}

function copy({ from, sources, target }: Copy, origin: string, cwd: string, sees: (path: string) => boolean) {
  for (const source of sources) {
    if (from === undefined && !sees(source)) throw new Error(`.dockerignore keeps ${source} out`);
    const intoFolder = target.endsWith("/");
    const name = intoFolder ? join(target, source.slice(source.lastIndexOf("/") + 1)) : target;
    cpSync(join(origin, source), join(cwd, name), { recursive: true, verbatimSymlinks: true });
  }
}

function plainImage(root: string, { workdir, env, user }: Stage): Image {
  const node = join(root, "usr/local/bin/node");
  cpSync(process.execPath, node);
  const [uid = "", gid = uid] = user.split(":");
  const drop = ["--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--inh-caps=-all"];
  const asUser = process.getuid?.() === 0 ? ["setpriv", ...drop] : ["env"];
  return {
    root,
    start(command, extra) {
      const { PATH } = bareEnvironment();
      const variables = { PATH: `${dirname(node)}:${PATH}`, ...env, ...extra };
      const [file = "", ...args] = [...asUser, ...command];
      return new Process(file, args, { cwd: join(root, workdir), env: variables });
    },
  };
}
