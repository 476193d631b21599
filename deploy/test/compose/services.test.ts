import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { bareEnvironment, Process, spawnGateway } from "../../../gateway/test/support/process.ts";
import { need, program } from "../../../scripts/programs/need.ts";
import { alerts } from "../watch/rule-files.ts";
import { folder, mountsOf, readCompose } from "./compose.ts";
import { type ComposedRedis, startRedis } from "./place.ts";

need("prometheus", "promtool", "prometheus-redis-exporter", "haproxy");

const compose = readCompose();
const { services } = compose;
const processes: Process[] = [];

interface Target {
  labels: Record<string, string>;
}

let redis: ComposedRedis;

beforeAll(async () => {
  redis = await startRedis(compose);
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  await redis?.stop();
});

/** Runs a service's program until the end of the tests. */
function run(file: string, args: string[], env: Record<string, string> = {}): Process {
  const cwd = mkdtempSync(join(tmpdir(), "tidegate-service-"));
  const process = new Process(file, args, { cwd, env: { ...bareEnvironment(), ...env } });
  processes.push(process);
  return process;
}

/** What the file in the repository is that the service reads at this path. */
function fileBehind(service: string, path: string): string {
  const mount = mountsOf(services[service] ?? { image: "" }).find(({ target }) => target === path);
  if (!mount) throw new Error(`${service} has nothing at ${path}`);
  return mount.source;
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe("Prometheus", () => {
  const config = fileBehind("prometheus", "/etc/prometheus/prometheus.yml");

  it("has a configuration without a fault, the rules included", () => {
    const promtool = program("promtool");
    const report = execFileSync(promtool, ["check", "config", config], { encoding: "utf8" });
    expect(report).toContain("1 rule files found");
    expect(report).toContain("is valid prometheus config file syntax");
    const wrong = spawnSync(promtool, ["check", "config", join(folder, "compose.yaml")]);
    expect(wrong.status).not.toBe(0);
  });

  it("starts on it, with every alert and every target", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const prometheus = run(program("prometheus"), [
      `--config.file=${config}`,
      `--web.listen-address=${address}`,
    ]);
    await prometheus.until(() => prometheus.stderr.includes("Server is ready"));
    const rules = JSON.parse(await text(`http://${address}/api/v1/rules?type=alert`));
    const names = rules.data.groups.flatMap((group: { rules: { name: string }[] }) =>
      group.rules.map(({ name }) => name),
    );
    expect(names).toEqual(alerts().map(({ alert }) => alert));
    const targets = async () => {
      const { data } = JSON.parse(await text(`http://${address}/api/v1/targets`));
      const labels: Record<string, string>[] = data.activeTargets.map((one: Target) => one.labels);
      return labels.map(({ job, pod = "" }) => `${job} ${pod}`).sort();
    };
    // It takes its time to find them.
    await vi.waitUntil(async () => (await targets()).length === 3, { timeout: 30_000, interval: 100 });
    expect(await targets()).toEqual(["redis ", "tidegate gateway-1", "tidegate gateway-2"]);
  });
});

describe("the balancer", () => {
  it("has a configuration without a fault, and without what HAProxy warns of", () => {
    const check = (file: string) =>
      spawnSync(program("haproxy"), ["-c", "-dW", "-f", file], { encoding: "utf8" });
    const config = fileBehind("balancer", "/usr/local/etc/haproxy/haproxy.cfg");
    expect(check(config)).toMatchObject({ status: 0, stdout: "Configuration file is valid\n" });
    expect(check(join(folder, "proxy/nginx.conf")).status).not.toBe(0);
  });
});

describe("Redis' exporter", () => {
  it("reaches Redis as the user that is there for it", async () => {
    const { environment = {} } = services["redis-exporter"] ?? { image: "" };
    const address = `127.0.0.1:${await freePort()}`;
    const binary = program("prometheus-redis-exporter");
    const url = (environment.REDIS_ADDR ?? "").replace("redis:6379", `127.0.0.1:${redis.port}`);
    const exporter = run(binary, [`-web.listen-address=${address}`], { ...environment, REDIS_ADDR: url });
    await exporter.until(() => exporter.stderr.includes("Providing metrics"));
    const metrics = await text(`http://${address}/metrics`);
    expect(metrics).toMatch(/^redis_up 1$/m);
    expect(metrics).toMatch(/^redis_memory_max_bytes 5.36870912e\+08$/m);
  });
});

describe("the gateways", () => {
  it("start on their settings, meet in that Redis, and are ready", async () => {
    const started = await Promise.all(
      ["gateway-1", "gateway-2"].map((name) => {
        const { environment: env = {} } = services[name] ?? { image: "" };
        const url = (env.TIDEGATE_REDIS_URL ?? "").replace("redis:6379", `127.0.0.1:${redis.port}`);
        const rules = fileBehind(name, env.TIDEGATE_CONFIG ?? "");
        return spawnGateway({
          ...env,
          NODE_ENV: "production",
          TIDEGATE_REDIS_URL: url,
          TIDEGATE_CONFIG: rules,
        });
      }),
    );
    processes.push(...started.map(({ process }) => process));
    for (const { api } of started) expect((await fetch(`${api}/readyz`)).status).toBe(200);
    const key = services["gateway-1"]?.environment?.TIDEGATE_API_KEYS;
    const answer = await fetch(`${started[0]?.api}/v1/nodes`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { nodes } = (await answer.json()) as { nodes: { node: string }[] };
    expect(nodes.map(({ node }) => node).sort()).toEqual(["gateway-1", "gateway-2"]);
  });
});
