import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { logLines } from "../../src/log-lines/table.ts";

const root = resolve(import.meta.dirname, "../../..");
const skipped = new Set(["node_modules", ".git", "dist", "miniprogram_dist"]);

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pagesIn(path);
      return entry.name.endsWith(".md") ? [relative(root, path)] : [];
    });
}

const pages = pagesIn(root).map((page) => ({ page, text: readFileSync(join(root, page), "utf8") }));

/** As GitHub makes a link's target of a heading. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Links of a page that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return links.filter((target) => {
    // The guide's are addresses of the admin port, which its own test asks for.
    if (/^[a-z]+:/.test(target) || (page.startsWith("guide/") && target.startsWith("/"))) return false;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(root, page) : resolve(root, dirname(page), path);
    if (!existsSync(file)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).includes(anchor);
  });
}

function scriptsOf(folder: string): string[] {
  const { scripts = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    scripts?: Record<string, string>;
  };
  return Object.keys(scripts);
}

/** A page names them after the word "line", one or several. */
function linesNamedIn(text: string): string[] {
  const lists = text.matchAll(/\blines?\s+(`\w+`(?:(?:,|,?\s+and|,?\s+or)\s+`\w+`)*)/gi);
  return [...lists].flatMap(([, list = ""]) => [...list.matchAll(/`(\w+)`/g)].map(([, id = ""]) => id));
}

const scripts = new Set(
  ["", "gateway", "client-miniprogram", "console", "deploy", "guide"].flatMap(scriptsOf),
);
const metrics = readFileSync(join(root, "gateway/docs/METRICS.md"), "utf8");

describe.each(pages)("$page", ({ page, text }) => {
  it("has links that lead somewhere", () => {
    expect(brokenLinks(page, text)).toEqual([]);
  });

  it("names scripts that are there", () => {
    const named = [...text.matchAll(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(
      ([, name = ""]) => name,
    );
    expect(named.filter((name) => !scripts.has(name))).toEqual([]);
  });

  it("names log lines that are there", () => {
    expect(linesNamedIn(text).filter((id) => !Object.hasOwn(logLines, id))).toEqual([]);
  });

  it("names metrics that are there", () => {
    const named = [...text.matchAll(/\btidegate_[a-z_]+[a-z]\b/g)].map(([name]) => name);
    const unknown = named.filter((name) => !metrics.includes(name.replace(/_(?:bucket|sum|count)$/, "")));
    expect(unknown).toEqual([]);
  });
});

it.each([
  ...["Absent", "DrainForced", "HandshakeFailures", "MemoryNearLimit", "MessagesLost", "PodNotScraped"],
  ...["ReconnectStorm", "RecoveryFailures", "RedisUnavailable", "SlowConsumers"],
])("the runbook Tidegate%s names log lines, since gateways log what it is about", (name) => {
  const runbook = pages.find(({ page }) => page === `deploy/runbooks/Tidegate${name}.md`);
  expect(linesNamedIn(runbook?.text ?? "")).not.toEqual([]);
});
