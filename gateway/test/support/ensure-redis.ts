import { execFileSync } from "node:child_process";

/** The tests start Redis servers of their own, also with TLS: what is missing is installed where that is possible. */
export default function ensureRedis(): void {
  if (isThere()) return;
  process.stderr.write("redis-server or openssl is missing; installing Debian's\n");
  runs("apt-get", "update", "-qq");
  runs("apt-get", "install", "-y", "-qq", "redis-server", "redis-sentinel", "openssl");
  if (isThere()) return;
  throw new Error(
    "The tests need `redis-server` (7.0 or later), `redis-sentinel` and `openssl` on the PATH: install your system's packages.",
  );
}

function isThere(): boolean {
  return (
    runs("redis-server", "--version") && runs("redis-sentinel", "--version") && runs("openssl", "version")
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
