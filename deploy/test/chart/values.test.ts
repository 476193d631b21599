import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { stopMargin } from "../../../gateway/src/ops/shutdown.ts";
import { readDockerfile } from "../image/dockerfile.ts";
import { schemaFault } from "../manifests/models.ts";
import { policyFaults } from "../manifests/policy.ts";
import type { Manifest } from "../manifests/render.ts";
import { typeFaults } from "../manifests/type-faults.ts";
import { environmentOf, fileReader, workload } from "../manifests/workload.ts";
import { keyWarnings } from "../support/key-warnings.ts";
import { template } from "./helm.ts";
import { matrix } from "./matrix.ts";

const image = readDockerfile(resolve(import.meta.dirname, "../../../Dockerfile")).at(-1);
/** What an operator puts there. */
const secrets = {
  tidegate: {
    "token-secret": "a-secret-for-the-manifests-of-32-bytes\n",
    "api-keys": "a-key-for-the-manifests-of-32-bytes\n",
    "redis-url": "rediss://tidegate:password@redis.example.com:6380\n",
    "wechat-apps": "wx0123456789abcdef:the-secret-of-an-app-for-manifests\n",
    "redis-ca": readFileSync(resolve(import.meta.dirname, "authority.pem"), "utf8"),
  },
};

let faults: string[];

beforeAll(async () => {
  const sets = Object.entries(matrix).map(([name, values]) => [name, template(values)]);
  faults = await typeFaults(Object.fromEntries(sets));
});

const loaded = (manifests: readonly Manifest[]) =>
  loadConfig({ ...image?.env, ...environmentOf(manifests) }, fileReader(manifests, secrets));

describe.each(Object.entries(matrix))("the chart with %s", (name, values) => {
  const manifests = template(values);

  it("has only fields that exist, and what the schemas ask for", async () => {
    expect(faults.filter((fault) => fault.includes(`/${name}.ts`))).toEqual([]);
    const found = await Promise.all(manifests.map(schemaFault));
    expect(found.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("keeps to the restricted profile", async () => {
    expect(await policyFaults(manifests)).toEqual([]);
  });

  it("starts a gateway that warns of nothing but known keys", () => {
    const { config, warnings } = loaded(manifests);
    expect(warnings).toEqual(keyWarnings(config));
    expect(config.redisUrl).toMatch(/^rediss?:/);
  });

  it("gives a pod the time that its drain takes", () => {
    const { pod, container } = workload(manifests);
    const preStop = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const needed = preStop + (loaded(manifests).config.drainWindow + stopMargin) / 1_000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(needed);
  });
});
