import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * @returns what it wrote to its output
 * @throws Error with the end of what it said, where it fails
 */
export async function runProgram(name: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run(name, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${name} ${args.join(" ")} failed:\n${`${stdout}\n${stderr}`.slice(-4_000)}`);
  }
}

/** Whether the PATH has it. */
export async function hasProgram(name: string): Promise<boolean> {
  return run("sh", ["-c", `command -v ${name}`]).then(
    () => true,
    () => false,
  );
}
