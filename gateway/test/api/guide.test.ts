import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "./harness.ts";

const source = resolve(import.meta.dirname, "../../../guide");

function pagesIn(folder: string): string[] {
  return readdirSync(join(source, folder))
    .filter((file) => file.endsWith(".md"))
    .sort();
}

const pages = pagesIn(".");

describe("the guide", () => {
  it("has each page in English and in Chinese", () => {
    expect(pages.length).toBeGreaterThan(9);
    expect(pagesIn("zh")).toEqual(pages);
  });

  it.each(pages)("has in both languages the same headings, tables and code: %s", (page) => {
    const [english, chinese] = [page, `zh/${page}`].map((file) => readFileSync(join(source, file), "utf8"));
    const shape = (text = "") => ({
      headings: text.match(/^#+ /gm)?.map((marks) => marks.trim()),
      // What is said is another language's; what is typed is the same.
      blocks: text.match(/^```\w+/gm) ?? [],
      rows: text.match(/^\|/gm)?.length ?? 0,
    });
    expect(shape(chinese)).toEqual(shape(english));
    expect(chinese).toMatch(/\p{Script=Han}/u);
  });

  it.each(["", "zh/"].flatMap((folder) => pages.map((page) => folder + page.replace(/md$/, "html"))))(
    "is served, runs its own scripts alone, and leads to what is there: %s",
    async (page) => {
      const { inject } = await serve();
      const { status, headers, text } = await inject({ url: `/docs/guide/${page}` });
      expect(status).toBe(200);
      expect(headers["content-type"]).toBe("text/html; charset=utf-8");
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      for (const [, attributes = "", script = ""] of text.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
        if (attributes.includes("src=")) continue;
        expect(policy).toContain(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
      }
      const links = [...text.matchAll(/(?:href|src)="(\/[^"#]*)/g)].map(([, path = ""]) => path);
      expect(links.length).toBeGreaterThan(3);
      for (const link of new Set(links)) expect((await inject({ url: link })).status, link).toBeLessThan(400);
    },
  );

  it("is found without its last slash, and has nothing beside its files", async () => {
    const { inject } = await serve();
    expect((await inject({ url: "/docs/guide" })).headers.location).toBe("/docs/guide/");
    expect((await inject({ url: "/docs/guide/zh" })).headers.location).toBe("/docs/guide/zh/");
    expect((await inject({ url: "/docs/guide/" })).status).toBe(200);
    for (const path of ["nothing.html", "../package.json", "%2e%2e/package.json", "assets/"]) {
      expect((await inject({ url: `/docs/guide/${path}` })).status, path).toBe(404);
    }
  });
});
