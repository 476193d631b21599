import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "./source.ts";

interface Bom {
  serialNumber: string;
  metadata: { timestamp: string; component: { name: string; type: string } };
  components: { "bom-ref": string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Locked {
  version?: string;
  dev?: boolean;
  devOptional?: boolean;
  link?: boolean;
}

/**
 * What the gateway is made of in production, as CycloneDX: the same bytes each time, where npm writes a time, a number and a folder of
 * its own.
 */
export function sbom({ folder, commit, epoch }: Source): string {
  const args = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"];
  const bom = JSON.parse(
    execFileSync("npm", args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26 }),
  ) as Bom;
  bom.metadata.timestamp = new Date(epoch * 1_000).toISOString();
  bom.serialNumber = `urn:uuid:${uuidOf(commit)}`;
  Object.assign(bom.metadata.component, { name: "tidegate", type: "application" });
  keep(bom, production(folder));
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/**
 * The gateway and the packages that it needs in production, as `name@version`. npm's own `--omit=dev` leaves out what one workspace needs
 * and another develops with, such as socket.io (npm 11.19).
 */
function production(folder: string): Set<string> {
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const needed = Object.entries(packages).flatMap(([path, { version, dev, devOptional, link }]) => {
    const [, name] = /.*node_modules\/(.+)$/.exec(path) ?? [];
    return name && version && !dev && !devOptional && !link ? [`${name}@${version}`] : [];
  });
  const gateway = packages.gateway?.version;
  return new Set([...needed, `@tidegate/gateway@${gateway}`]);
}

function keep(bom: Bom, refs: Set<string>): void {
  bom.components = bom.components.filter((component) => refs.has(component["bom-ref"]));
  const own = bom.dependencies.filter(({ ref }) => refs.has(ref) || ref.startsWith("tidegate@"));
  bom.dependencies = own.map(({ ref, dependsOn }) => ({
    ref,
    dependsOn: dependsOn.filter((on) => refs.has(on)),
  }));
}

/** A UUID of the form for those that are made of a digest (RFC 9562, version 8). */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
