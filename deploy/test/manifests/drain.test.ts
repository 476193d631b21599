import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { stopMargin } from "../../../gateway/src/ops/shutdown.ts";
import { overlays, render } from "./render.ts";
import { environmentOf, workload } from "./workload.ts";

/** Seconds. */
function times(overlay: string) {
  const manifests = render(overlay);
  const { spec, pod, container } = workload(manifests);
  const { TIDEGATE_DRAIN_WINDOW } = environmentOf(manifests);
  const { config } = loadConfig({ TIDEGATE_DRAIN_WINDOW }, () => "");
  const { periodSeconds = 10, failureThreshold = 3 } = container.startupProbe ?? {};
  return {
    window: config.drainWindow / 1_000,
    preStop: container.lifecycle?.preStop?.sleep?.seconds ?? 0,
    grace: pod.terminationGracePeriodSeconds ?? 30,
    ready: spec.minReadySeconds ?? 0,
    start: periodSeconds * failureThreshold,
    deadline: spec.progressDeadlineSeconds ?? 600,
    unready:
      (container.readinessProbe?.periodSeconds ?? 10) * (container.readinessProbe?.failureThreshold ?? 3),
  };
}

describe.each(overlays)("a pod of %s", (overlay) => {
  const { window, preStop, grace, ready, start, deadline } = times(overlay);

  it("has closed its connections before it is killed", () => {
    expect(preStop).toBeGreaterThan(0);
    expect(preStop + window + stopMargin / 1_000).toBeLessThan(grace);
  });

  it("is given up only after the slowest start", () => {
    expect(deadline).toBeGreaterThan(start + ready);
  });
});

describe("the README's arithmetic", () => {
  const readme = readFileSync(resolve(import.meta.dirname, "../../../k8s/README.md"), "utf8");
  const { window, preStop, grace, ready } = times("overlays/prod");
  const margin = stopMargin / 1_000;

  it("is that of the manifests", () => {
    const sum = preStop + window + margin;
    expect(readme).toContain(`= ${preStop} + ${window} + ${margin} = ${sum} < ${grace}**`);
    expect(readme).toContain(`**\`minReadySeconds\` = ${ready}**`);
    expect(readme).toContain(
      `⌈${preStop + window} / ${ready}⌉ = ${Math.ceil((preStop + window) / ready)} drain`,
    );
  });
});

describe("a rolling update", () => {
  const inProduction = overlays.filter((overlay) => overlay !== "overlays/dev");

  it.each(inProduction)("of %s drains two pods at once at most", (overlay) => {
    const { spec } = workload(render(overlay));
    expect(spec.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    const { window, preStop, ready } = times(overlay);
    expect(Math.ceil((preStop + window) / ready)).toBeLessThanOrEqual(2);
  });
});
