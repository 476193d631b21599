import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";

export const folder = resolve(import.meta.dirname, "../..");

export interface Service {
  image: string;
  build?: { context: string };
  pull_policy?: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  depends_on?: string[] | Record<string, object>;
  stop_grace_period?: string;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: { test: string[] };
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
}

/** `deploy/compose.yaml`, with what its anchors say in place of them. */
export function readCompose(): Compose {
  const { "x-gateway": _, ...compose } = parse(readFileSync(resolve(folder, "compose.yaml"), "utf8"), {
    merge: true,
  });
  return compose;
}

export interface Mount {
  /** The path in the repository. */
  source: string;
  /** The path in the container. */
  target: string;
}

/** What of the repository the service sees. */
export function mountsOf({ volumes = [] }: Service): Mount[] {
  return volumes
    .filter((volume) => volume.startsWith("."))
    .map((volume) => {
      const [source = "", target = ""] = volume.split(":");
      return { source: resolve(folder, source), target };
    });
}
