import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Rules } from "../../src/channels/rules.ts";
import { key, serve } from "./harness.ts";

const page = readFileSync(new URL("../../docs/HTTP-API.md", import.meta.url), "utf8");

const everyChannel = new Rules(
  [
    {
      match: "*:*",
      subscribe: "anyone",
      publish: "anyone",
      latest: false,
      presence: { read: "anyone", events: false, linger: 0 },
    },
  ],
  255,
);

/** The curl commands of the page. */
const commands = [...page.matchAll(/^curl (?:-X (\w+) )?"\$API([^"]+)"(.*)$/gm)].map(
  ([, method, url, rest]) => ({
    method: method === "POST" || method === "DELETE" ? method : ("GET" as const),
    url: url ?? "",
    authorized: rest?.includes('-H "$AUTH"') ?? false,
    body: /-d '(.+)'/.exec(rest ?? "")?.[1],
  }),
);

describe("the page of the HTTP API", () => {
  it.each(commands)(
    "has a command that works: $method $url $body",
    async ({ method, url, authorized, body }) => {
      const { inject } = await serve({ rules: everyChannel });
      const authorization = authorized ? { authorization: `Bearer ${key}` } : {};
      const payload = body === undefined ? {} : { payload: body };
      const headers = { ...authorization, ...(body !== undefined && { "content-type": "application/json" }) };
      const { status, text } = await inject({ method, url, headers, ...payload });
      expect({ status, text }).toMatchObject({ status: 200 });
    },
  );

  it("shows every call", async () => {
    const { inject } = await serve();
    const { json } = await inject({ url: "/openapi.json" });
    const listed = Object.entries(Object(json).paths).flatMap(([path, methods]) =>
      Object.keys(Object(methods)).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = commands.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`);
    expect(new Set(shown)).toEqual(new Set(listed));
  });

  it("has answers that are JSON", () => {
    const answers = [...page.matchAll(/```json\n([^`]+)```/g)].map(([, text]) => text ?? "");
    expect(answers.length).toBeGreaterThan(10);
    for (const answer of answers) expect(JSON.parse(answer)).toBeTypeOf("object");
  });
});
