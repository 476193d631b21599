import { describe, expect, it } from "vitest";
import { policyFaults } from "./policy.ts";
import { type Manifest, overlays, render } from "./render.ts";
import { workload } from "./workload.ts";

describe.each(overlays)("%s", (overlay) => {
  it("keeps to the restricted profile", async () => {
    expect(await policyFaults(render(overlay))).toEqual([]);
  });
});

describe("the check itself", () => {
  const spoilers: [string, string, (manifests: Manifest[]) => void][] = [
    ["a privileged container", "PSS103", (all) => Object.assign(security(all), { privileged: true })],
    [
      "privileges that may grow",
      "PSS202",
      (all) => Object.assign(security(all), { allowPrivilegeEscalation: true }),
    ],
    ["root", "PSS203", (all) => Object.assign(security(all), { runAsNonRoot: false })],
    [
      "a user below 10000",
      "KBP104",
      (all) => Object.assign(workload(all).pod, { securityContext: { runAsUser: 1 } }),
    ],
    ["no seccomp profile", "PSS205", (all) => Object.assign(workload(all).pod, { securityContext: {} })],
    [
      "capabilities",
      "PSS206",
      (all) => Object.assign(security(all), { capabilities: { add: ["SYS_ADMIN"] } }),
    ],
    ["the host's network", "PSS102", (all) => Object.assign(workload(all).pod, { hostNetwork: true })],
    [
      "a file system to write to",
      "KBP102",
      (all) => Object.assign(security(all), { readOnlyRootFilesystem: false }),
    ],
    ["no memory limit", "KBP005", (all) => Object.assign(workload(all).container, { resources: {} })],
  ];
  const security = (all: Manifest[]) => workload(all).container.securityContext ?? {};

  it.each(spoilers)("objects to %s", async (_, rule, spoil) => {
    const manifests = render("overlays/prod");
    spoil(manifests);
    expect((await policyFaults(manifests)).join("\n")).toContain(rule);
  });
});
