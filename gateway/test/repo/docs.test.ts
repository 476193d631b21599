import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rulesExample } from "../../scripts/config-page.ts";
import { pages } from "../../scripts/pages.ts";
import { parseRules } from "../../src/config/rules.ts";
import { settings } from "../../src/config/schema.ts";
import { failureKinds } from "../../src/errors.ts";

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

describe("the example of channel rules", () => {
  it("is valid", () => {
    expect(parseRules(rulesExample, "example")).toMatchObject({
      rules: [{ match: "chat:*" }, { match: "quote:*", latest: true }, { match: "user:*" }],
    });
  });
});
