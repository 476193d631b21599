import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workload } from "../manifests/workload.ts";
import { startCluster } from "./cluster.ts";
import { production, templateAt, type Values } from "./helm.ts";

let cluster: Awaited<ReturnType<typeof startCluster>>;

beforeAll(async () => {
  cluster = await startCluster(12);
});

afterAll(() => cluster.stop());

const replicas = async (values: Values) =>
  workload(await templateAt(cluster.url, { ...production, ...values })).spec.replicas;

describe("an upgrade of twelve nodes", () => {
  it("leaves an autoscaler its number", async () => {
    expect(await replicas({ autoscaling: { enabled: true } })).toBe(12);
  });

  it("goes down by two at most", async () => {
    expect(await replicas({ replicas: 12 })).toBe(12);
    expect(await replicas({ replicas: 10 })).toBe(10);
    await expect(replicas({ replicas: 9 })).rejects.toThrow("3 would send all their clients away at once");
    await expect(replicas({})).rejects.toThrow("12 nodes are running, and the values ask for 3");
  });

  it("goes down by more where that is meant", async () => {
    expect(await replicas({ replicas: 3, allowShrink: true })).toBe(3);
  });

  it("goes up by any number", async () => {
    expect(await replicas({ replicas: 40 })).toBe(40);
  });
});
