import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, type TestContext } from "vitest";
import { parse } from "yaml";
import { programFor } from "../../../scripts/programs/need.ts";
import { alerts, deploy, expectations, rules, rulesFile, testFiles } from "./rule-files.ts";

const promtool = (test: TestContext, ...args: string[]) =>
  execFileSync(programFor(test, "promtool"), args, { encoding: "utf8", stdio: "pipe" });

describe("the rules", () => {
  it("are what promtool takes for rules", (test) => {
    expect(promtool(test, "check", "rules", rulesFile)).toContain("SUCCESS");
  });

  it("alert as their tests expect", { timeout: 300_000 }, async (test) => {
    const program = programFor(test, "promtool");
    const { stdout: report } = await promisify(execFile)(program, ["test", "rules", ...testFiles()]);
    expect(report.match(/SUCCESS/g)).toHaveLength(testFiles().length);
  });

  it("would not pass if an alert were another", (context) => {
    programFor(context, "promtool");
    const folder = mkdtempSync(join(tmpdir(), "tidegate-rules-"));
    const another = join(folder, "tidegate.yaml");
    writeFileSync(
      another,
      readFileSync(rulesFile, "utf8").replace("memory:ratio) > 0.85", "memory:ratio) > 0.75"),
    );
    const test = testFiles().find((file) => basename(file) === "TidegateMemoryNearLimit.yaml") ?? "";
    const copy = join(folder, "test.yaml");
    writeFileSync(copy, readFileSync(test, "utf8").replace("../rules/tidegate.yaml", another));
    expect(() => promtool(context, "test", "rules", copy)).toThrow();
  });
});

describe.each(alerts())("$alert", ({ alert, labels, annotations }) => {
  it("is tested both firing and quiet", () => {
    const cases = expectations().get(alert) ?? [];
    expect(cases.some((expected) => expected > 0)).toBe(true);
    expect(cases).toContain(0);
  });

  it("says how bad it is, what it is, and where one reads on", () => {
    expect(["critical", "warning"]).toContain(labels?.severity);
    expect(annotations?.summary).toBeTruthy();
    expect(annotations?.description).toBeTruthy();
    expect(annotations?.runbook_url).toBe(`https://runbooks.example.com/tidegate/${alert}.md`);
    const page = readFileSync(resolve(deploy, "runbooks", `${alert}.md`), "utf8");
    expect(page.match(/^#.*/gm)).toEqual([`# ${alert}`, "## What to look at", "## What to do"]);
  });
});

describe("the autoscaler's queries", () => {
  const scaled: { spec: { triggers: { name: string; metadata: { query: string } }[] } } = parse(
    readFileSync(resolve(deploy, "../k8s/components/autoscaling/scaled-object.yaml"), "utf8"),
  );

  it.each([
    ["connections", "tidegate:connections:predicted"],
    ["memory", "tidegate:memory:estimate"],
    ["busy", "tidegate:busy_loops:estimate"],
  ])("for %s are what it is compared with, of one namespace", (name, record) => {
    const query = scaled.spec.triggers.find((trigger) => trigger.name === name)?.metadata.query ?? "";
    const rule = rules().find((rule) => rule.record === record)?.expr ?? "";
    const ofAll = query
      .replaceAll('namespace="tidegate",', "")
      .replaceAll('{namespace="tidegate"}', "")
      .replace("sum(", "sum by (namespace) (")
      .replace("avg(", "avg by (namespace) (");
    expect(ofAll).toBe(rule);
  });
});

it("has no runbook for an alert that is not there", () => {
  const pages = readdirSync(resolve(deploy, "runbooks")).map((file) => basename(file, ".md"));
  expect(pages.sort()).toEqual(
    alerts()
      .map(({ alert }) => alert)
      .sort(),
  );
});
