import { execFileSync } from "node:child_process";

/** The tests start Redis servers of their own: a missing one is installed where that is possible. */
export default function ensureRedis(): void {
  if (runs("redis-server", "--version")) return;
  process.stderr.write("redis-server is missing; installing Debian's\n");
  runs("apt-get", "update", "-qq");
  runs("apt-get", "install", "-y", "-qq", "redis-server");
  if (runs("redis-server", "--version")) return;
  throw new Error(
    "The tests need `redis-server` (7.0 or later) on the PATH: install your system's package of Redis.",
  );
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
