import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import ensureRedis from "../../../gateway/test/support/ensure-redis.ts";
import { debianBinary } from "../watch/debian.ts";

const policy = "/usr/sbin/policy-rc.d";
const balancers = { nginx: "nginx-light", haproxy: "haproxy" };

/** What the tests start of Debian's, before any of them runs: apt lets one in at a time. */
export default function fetchPackages(): void {
  ensureRedis();
  const missing = Object.entries(balancers).filter(([name]) => !existsSync(`/usr/sbin/${name}`));
  if (missing.length > 0) install(missing.map(([, packageName]) => packageName));
  debianBinary("prometheus", "prometheus");
  debianBinary("prometheus-redis-exporter", "prometheus-redis-exporter");
}

/** Installs packages without starting their services. */
function install(names: readonly string[]): void {
  const governed = existsSync(policy);
  if (!governed) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "-qq", ...names], { stdio: "ignore" });
  } finally {
    if (!governed) rmSync(policy);
  }
}
