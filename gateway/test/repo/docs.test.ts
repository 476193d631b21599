import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hooksExample, rulesExample } from "../../scripts/config-page.ts";
import { pages } from "../../scripts/pages.ts";
import { parseFile } from "../../src/config/file.ts";
import { settings } from "../../src/config/schema.ts";
import { failureKinds } from "../../src/errors.ts";
import { type LogField, type LogLine, logFields } from "../../src/log-lines/fields.ts";
import { logLines } from "../../src/log-lines/table.ts";

const written = await pages();

describe("a generated page", () => {
  it.each(Object.entries(written))("%s is as `npm run generate` writes it", (name, content) => {
    const page = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
    expect(page, "out of date: run `npm run generate`").toBe(content);
  });

  it("tells every setting", () => {
    const page = written["CONFIG.md"];
    for (const { env } of Object.values(settings)) expect(page).toContain(`| \`${env}\` `);
  });

  it("tells every error code", () => {
    const page = written["ERRORS.md"];
    for (const code of Object.keys(failureKinds)) expect(page).toContain(`| \`${code}\` |`);
  });
});

describe("a log line", () => {
  const src = new URL("../../src/", import.meta.url);
  const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith("log-lines"))
    .map((file) => ({ file, text: readFileSync(new URL(file, src), "utf8") }));
  const lines: [string, LogLine][] = Object.entries(logLines);

  it("is told in the documents", () => {
    const page = written["LOGS.md"];
    for (const [id] of lines) expect(page).toContain(`| \`${id}\` |`);
  });

  it("is written by nothing but the log", () => {
    const others = sources.filter(
      ({ text }) =>
        /from "pino"|\bconsole\.\w+\(|stdout\.write\(/.test(text) ||
        /\blog\??\.(debug|info|warn|error)\(/i.test(text),
    );
    expect(others.map(({ file }) => file).sort()).toEqual(["log.ts", "main.ts"]);
  });

  it("is logged somewhere", () => {
    const unused = lines.filter(([id]) => !sources.some(({ text }) => text.includes(`"${id}"`)));
    expect(unused.map(([id]) => id)).toEqual([]);
  });

  it("names in its message only fields that it has, and each field is some line's", () => {
    for (const [id, { message, fields }] of lines) {
      const named = [...message.matchAll(/\{(\w+)\}/g)].map(([, field]) => field);
      expect({ id, strange: named.filter((field) => !fields.some((one) => one === field)) }).toEqual({
        id,
        strange: [],
      });
    }
    const used = new Set(lines.flatMap(([, { fields }]) => fields));
    expect(Object.keys(logFields).filter((field) => !used.has(field as LogField))).toEqual([]);
  });

  it("above info says what to do, but where it mends itself", () => {
    const silent = lines.filter(([, { level, action }]) => /warn|error/.test(level) && action === undefined);
    expect(silent.map(([id]) => id)).toEqual(["lease_not_released"]);
  });
});

describe("the example of channel rules", () => {
  it("is valid", () => {
    expect(parseFile(rulesExample, "example")).toMatchObject({
      rules: [{ match: "chat:*" }, { match: "quote:*", latest: true }, { match: "user:*" }],
    });
  });

  it("is valid beside hooks", () => {
    expect(parseFile(hooksExample, "example")).toMatchObject({
      hooks: { asking: [{ name: "orders" }], telling: [{ name: "crm" }] },
      settle: 10_000,
      limits: { connectionsPerUser: 5 },
    });
  });
});
