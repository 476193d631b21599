import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { stopMargin } from "../../../gateway/src/ops/shutdown.ts";
import { readDockerfile } from "../image/dockerfile.ts";
import { keyWarnings } from "../support/key-warnings.ts";
import { folder, mountsOf, readCompose } from "./compose.ts";
import { composeFaults } from "./schema.ts";

const compose = readCompose();
const services = Object.entries(compose.services);
const gateways = services.filter(([name]) => name.startsWith("gateway-"));
const image = readDockerfile(resolve(folder, "../Dockerfile")).at(-1);

interface ScrapeJob {
  static_configs: { targets: string[] }[];
}

describe("compose.yaml", () => {
  it("is what the Compose specification allows", () => {
    expect(composeFaults(compose)).toEqual([]);
  });

  it("would not be with a field that does not exist, or a value of a wrong type", () => {
    const spoilt = (change: object) => {
      const copy = structuredClone(compose);
      Object.assign(copy.services["gateway-1"] ?? {}, change);
      return copy;
    };
    expect(composeFaults(spoilt({ volume: [] })).join()).toContain("additional properties");
    expect(composeFaults(spoilt({ ports: 3000 })).join()).toContain("/ports must be array");
  });

  it("mounts files that exist, for reading only, and volumes that it declares", () => {
    for (const { volumes = [] } of Object.values(compose.services)) {
      for (const volume of volumes) {
        if (volume.startsWith(".")) expect(volume).toMatch(/:ro$/);
        else expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
      }
    }
    const mounts = Object.values(compose.services).flatMap(mountsOf);
    expect(mounts.map(({ source }) => source).filter((source) => !existsSync(source))).toEqual([]);
  });

  it("lets Prometheus scrape services that are there", () => {
    const { scrape_configs: jobs } = parse(readFileSync(join(folder, "prometheus/prometheus.yml"), "utf8"));
    const targets: string[] = jobs.flatMap((job: ScrapeJob) =>
      job.static_configs.flatMap(({ targets }) => targets),
    );
    expect(targets.length).toBeGreaterThanOrEqual(3);
    const hosts = targets.map((target) => target.split(":")[0]);
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(hosts));
  });

  it("says a first message that anybody may hear", () => {
    const text = readFileSync(join(folder, "compose.yaml"), "utf8");
    const [, channel = ""] = /npm run -s subscribe -- (\S+)/.exec(text) ?? [];
    expect(text).toContain(`{"channel":"${channel}"`);
    const { channels } = parse(readFileSync(resolve(folder, "../k8s/base/channels.yaml"), "utf8")) as {
      channels: { match: string; subscribe: string }[];
    };
    const rule = channels.find(({ match }) => channel.startsWith(match.replace("*", "")));
    expect(rule?.subscribe).toBe("anyone");
    for (const [, { environment = {} }] of gateways)
      expect(text).toContain(`Bearer ${environment.TIDEGATE_API_KEYS}`);
  });

  it("names versions of images, and builds its own from the Dockerfile", () => {
    for (const [name, { image, build }] of services) {
      expect(image, name).toMatch(/:(?!latest$)[\w.-]+$/);
      if (build) expect(existsSync(resolve(folder, build.context, "Dockerfile"))).toBe(true);
    }
  });

  it("builds the gateways' image once, and the others start after the one that builds it", () => {
    expect(new Set(gateways.map(([, { image }]) => image)).size).toBe(1);
    const builders = services.filter(([, { build }]) => build !== undefined).map(([name]) => name);
    expect(builders).toEqual(["gateway-1"]);
    for (const [name, { pull_policy: policy, depends_on: needed = {} }] of gateways) {
      if (builders.includes(name)) continue;
      expect(policy, name).toBe("never");
      expect(Object.keys(needed), name).toEqual(expect.arrayContaining(builders));
    }
  });

  it("lets Grafana find its dashboard and its data source", () => {
    const { grafana } = compose.services;
    const provisioned = (path: string) =>
      parse(readFileSync(join(folder, "grafana/provisioning", path), "utf8"));
    const [{ options }] = provisioned("dashboards/tidegate.yaml").providers;
    const targets = grafana && mountsOf(grafana).map(({ target }) => target);
    expect(targets).toEqual(["/etc/grafana/provisioning", options.path]);
    const [{ url, uid }] = provisioned("datasources/prometheus.yaml").datasources;
    expect(compose.services[new URL(url).hostname]?.image).toMatch(/^prom\/prometheus:/);
    expect(uid).toBeTruthy();
  });

  it("depends on services that are there", () => {
    for (const [, { depends_on: needed = [] }] of services) {
      const names = Array.isArray(needed) ? needed : Object.keys(needed);
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(names));
    }
  });

  it("shows the world the clients' port alone", () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual(["3000:3000"]);
  });
});

describe.each(gateways)("the settings of %s", (_, gateway) => {
  const { environment = {}, stop_grace_period: grace = "" } = gateway;
  const read = (path: string) => {
    const mount = mountsOf(gateway).find(({ target }) => path === target);
    return readFileSync(mount?.source ?? path, "utf8");
  };
  const { config, rules, warnings } = loadConfig({ ...image?.env, ...environment }, read);

  it("are settings of the gateway, which warns of nothing but known keys", () => {
    expect(warnings).toEqual(keyWarnings(config));
    expect(config.production).toBe(true);
    expect(rules.length).toBeGreaterThan(0);
  });

  it("leave it the time to send its clients away", () => {
    expect(Number(/^(\d+)s$/.exec(grace)?.[1]) * 1_000).toBeGreaterThan(config.drainWindow + stopMargin);
  });

  it("come with no more rights than on Kubernetes", () => {
    expect(gateway).toMatchObject({
      read_only: true,
      tmpfs: ["/tmp"],
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  });

  it("reach a Redis and are reached by the balancer", () => {
    expect(compose.services[new URL(config.redisUrl).hostname]).toBeDefined();
    const balancer = readFileSync(join(folder, "proxy/haproxy.cfg"), "utf8");
    expect(balancer).toContain(`${config.nodeId}:${config.port} check port ${config.adminPort}`);
  });
});

it("the gateways have names of their own", () => {
  expect(gateways.map(([name, { environment }]) => name === environment?.TIDEGATE_NODE_ID)).toEqual([
    true,
    true,
  ]);
});
