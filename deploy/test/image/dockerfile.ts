import { readFileSync } from "node:fs";

export interface Copy {
  kind: "copy";
  /** The stage that the files come from; undefined for the build context. */
  from: string | undefined;
  sources: string[];
  target: string;
}

export interface Run {
  kind: "run";
  command: string;
}

/** One FROM and all that follows it. */
export interface Stage {
  name: string;
  image: string;
  workdir: string;
  steps: (Copy | Run)[];
  env: Record<string, string>;
  labels: Record<string, string>;
  user: string;
  health: string[];
  command: string[];
}

/**
 * The stages of a Dockerfile that keeps to the instructions that ours uses.
 *
 * @throws Error at an instruction of any other kind: what this cannot read, it cannot prove
 */
export function readDockerfile(path: string): Stage[] {
  const text = readFileSync(path, "utf8")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ");
  const values: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    const [, word = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (word === "ARG") {
      const [name = "", value = ""] = rest.split("=");
      values[name] = value;
    } else if (word === "FROM") {
      const [image = "", , name = "final"] = resolved(rest, values).split(" ");
      stages.push(emptyStage(name, image));
    } else {
      apply(stages.at(-1), word, word === "LABEL" ? resolved(rest, values) : rest);
    }
  }
  return stages;
}

function emptyStage(name: string, image: string): Stage {
  const lists = { steps: [], health: [], command: [] };
  return { name, image, workdir: "/", env: {}, labels: {}, user: "0", ...lists };
}

function resolved(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

function apply(stage: Stage | undefined, word: string, rest: string): void {
  if (stage === undefined) throw new Error(`${word} stands before the first FROM`);
  if (word === "WORKDIR") stage.workdir = rest;
  else if (word === "COPY") stage.steps.push(copy(rest));
  else if (word === "RUN") stage.steps.push({ kind: "run", command: rest });
  else if (word === "ENV") Object.assign(stage.env, pairs(rest));
  else if (word === "LABEL") Object.assign(stage.labels, pairs(rest));
  else if (word === "USER") stage.user = rest;
  else if (word === "HEALTHCHECK") stage.health = JSON.parse(rest.slice(rest.indexOf("[")));
  else if (word === "CMD") stage.command = JSON.parse(rest);
  else if (word !== "EXPOSE") throw new Error(`${word} is not known here`);
}

function copy(rest: string): Copy {
  const [, from, paths = ""] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(rest) ?? [];
  const sources = paths.split(/\s+/);
  const target = sources.pop() ?? "";
  return { kind: "copy", from, sources, target };
}

function pairs(rest: string): Record<string, string> {
  const found = rest.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...found].map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]));
}
