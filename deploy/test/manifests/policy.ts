import { createDefaultMonokleValidator } from "@monokle/validation";
import type { Manifest } from "./render.ts";

/** The restricted profile of Kubernetes' pod security standards, rule by rule, and what a pod should say besides. */
const restricted = [
  "host-process host-namespaces privileged-containers capabilities host-path-volumes host-ports app-armor selinux",
  "proc-mount seccomp sysctls volume-types privilege-escalation running-as-non-root running-as-non-root-user",
  "seccomp-strict capabilities-strict",
];
const practices = [
  "drop-capabilities no-sys-admin no-mounted-docker-sock no-latest-image no-writable-fs cpu-request memory-request",
  "memory-limit no-low-user-id no-low-group-id no-root-group no-automount-service-account-token",
];

const rules = Object.fromEntries([
  ...names(restricted).map((name) => [`pod-security-standards/${name}`, "err"]),
  ...names(practices).map((name) => [`practices/${name}`, "err"]),
]);

/** @returns each broken rule, as `PSS103 Restrict usage of privileged pods.` */
export async function policyFaults(manifests: readonly Manifest[]): Promise<string[]> {
  const validator = createDefaultMonokleValidator();
  // The others ask for files of the internet, or are the type check's business.
  const others = { "kubernetes-schema": false, "yaml-syntax": false, "resource-links": false };
  const plugins = { "pod-security-standards": true, practices: true, ...others };
  await validator.preload({ plugins, rules });
  const known = Object.values(validator.rules).flat().length;
  if (known < Object.keys(rules).length) throw new Error("the validator does not know its rules");
  const { runs } = await validator.validate({ resources: manifests.map(resource) });
  return runs.flatMap(({ results }) => results.map(({ ruleId, message }) => `${ruleId} ${message.text}`));
}

function names(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(" "));
}

function resource(manifest: Manifest, index: number) {
  const { apiVersion, kind, metadata } = manifest;
  const file = { fileId: "rendered", filePath: "rendered.yaml", fileOffset: 0 };
  const where = {
    id: String(index),
    name: metadata.name,
    ...(metadata.namespace && { namespace: metadata.namespace }),
  };
  return { ...file, ...where, apiVersion, kind, content: manifest, text: JSON.stringify(manifest) };
}
