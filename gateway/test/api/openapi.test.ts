import { describe, expect, it } from "vitest";
import { Rules } from "../../src/channels/rules.ts";
import { developmentRules } from "../../src/config/rules.ts";
import { failureKinds } from "../../src/errors.ts";
import { key, serve } from "./harness.ts";

const everyChannel = new Rules(developmentRules, 255);

interface Operation {
  operationId: string;
  summary: string;
  security?: unknown[];
  parameters?: { name: string; required?: boolean; example?: string }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: unknown }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  security: unknown[];
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: unknown };
  paths: Record<string, Record<string, Operation>>;
}

async function read(): Promise<Document> {
  const { inject } = await serve();
  const { status, json } = await inject({ url: "/openapi.json" });
  expect(status).toBe(200);
  return json as Document;
}

const routes = {
  "/v1/publish": ["post"],
  "/v1/batch": ["post"],
  "/v1/channels": ["get"],
  "/v1/history": ["delete", "get"],
  "/v1/presence": ["get"],
  "/v1/connections": ["get"],
  "/v1/subscribe": ["post"],
  "/v1/unsubscribe": ["post"],
  "/v1/disconnect": ["post"],
  "/v1/tokens": ["post"],
  "/v1/revoke": ["post"],
  "/v1/explain": ["post"],
  "/v1/nodes": ["get"],
  "/v1/stats": ["get"],
  "/v1/hooks": ["get"],
  "/v1/users": ["get"],
  "/livez": ["get"],
  "/readyz": ["get"],
  "/metrics": ["get"],
};

function operationsOf({ paths }: Document): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

function components(references: string[]): Set<string> {
  return new Set(references.map((reference) => reference.replace("#/components/schemas/", "")));
}

/** Every text under a `$ref`, wherever it is. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name === "$ref" ? [String(child)] : referencesIn(child),
  );
}

describe("the API's description", () => {
  it("is OpenAPI 3.1 and lists every route, and nothing else", async () => {
    const document = await read();
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({ title: "Tidegate", version: "1.2.3" });
    const listed = Object.entries(document.paths).map(([path, methods]) => [
      path,
      Object.keys(methods).sort(),
    ]);
    expect(Object.fromEntries(listed)).toEqual(routes);
  });

  it("says of each call what it is for and what it may answer", async () => {
    const document = await read();
    const operations = operationsOf(document);
    expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length);
    for (const [name, { summary, responses }] of operations) {
      expect(summary, name).toMatch(/\w/);
      expect(responses, name).toHaveProperty("200");
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).not.toBe("Default Response");
        expect(Object.values(content ?? {})[0]?.schema, `${name} ${status}`).toBeTypeOf("object");
      }
    }
  });

  it("has the error body for every error, under the status of its codes", async () => {
    const document = await read();
    for (const [name, { responses }] of operationsOf(document)) {
      if (!name.includes("/v1/")) continue;
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(["400", "401", "500", "503"]));
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (status === "200") continue;
        expect(content, `${name} ${status}`).toEqual({
          "application/json": { schema: { $ref: "#/components/schemas/ErrorAnswer" } },
        });
        for (const [, code] of description.matchAll(/`(\w+)`:/g)) {
          expect(failureKinds).toHaveProperty([code ?? "", "status"], Number(status));
        }
      }
    }
  });

  it("has the schemas that it refers to, and no others", async () => {
    const document = await read();
    const references = referencesIn(document);
    expect(references).toContain("#/components/schemas/PublicationInput");
    expect(components(references)).toEqual(new Set(Object.keys(document.components.schemas)));
    expect(references).toContain("#/components/schemas/OperationInput");
    expect(references).toContain("#/components/schemas/HistoryPage");
    for (const reference of references) {
      expect(Object.keys(document.components.schemas)).toContain(
        reference.replace("#/components/schemas/", ""),
      );
    }
  });

  it("asks for a key where one is needed", async () => {
    const document = await read();
    expect(document.security).toEqual([{ key: [] }]);
    expect(document.components.securitySchemes).toMatchObject({ key: { type: "http", scheme: "bearer" } });
    for (const [name, { security }] of operationsOf(document)) {
      expect(security, name).toEqual(name.includes("/v1/") ? undefined : []);
    }
  });

  it("has since when a user is away, where the user is", async () => {
    const { components } = await read();
    const { items } = Object(components.schemas.PresencePage).properties.users;
    expect(items).toEqual({ $ref: "#/components/schemas/PresentUser" });
    expect(components.schemas.PresentUser).toMatchObject({
      properties: { since: { type: "integer", format: "int64" } },
      required: ["user", "state", "connections"],
    });
  });

  it("tells that a body with unknown members is refused, and which are needed", async () => {
    const { components } = await read();
    expect(components.schemas.PublicationInput).toMatchObject({
      additionalProperties: false,
      required: ["data"],
    });
    expect(components.schemas.TokenRequestInput).toMatchObject({
      additionalProperties: false,
      required: ["user"],
    });
  });
});

describe("what generators of clients stumble over", () => {
  it("is not in it: unions, constants, answers that are closed, defaults, bounds that say nothing", async () => {
    const { paths, components } = await read();
    const found: string[] = [];
    const look = (value: unknown, place: string): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [name, member] of Object.entries(value)) {
        const isSchema = !/\.properties$|examples/.test(place);
        const isAnswer = !/Input\b|requestBody/.test(place);
        if (isSchema && ["anyOf", "oneOf", "allOf", "const", "default"].includes(name))
          found.push(`${place}.${name}`);
        if (isSchema && isAnswer && name === "additionalProperties") found.push(`${place}.${name}`);
        if (member === Number.MAX_SAFE_INTEGER) found.push(`${place}.${name}`);
        look(member, `${place}.${name}`);
      }
    };
    look({ paths, schemas: components.schemas }, "");
    expect(found).toEqual([]);
  });

  it("is not in it: answers without a name, times in 32 bits, no server", async () => {
    const document = await read();
    expect((document as unknown as { servers: unknown }).servers).toEqual([{ url: "/" }]);
    for (const [name, { responses }] of operationsOf(document)) {
      if (!name.includes("/v1/") || name === "delete /v1/history") continue;
      expect(referencesIn(responses["200"]), name).toHaveLength(1);
    }
    const times = Object.values(document.components.schemas).flatMap((schema) =>
      Object.entries(Object(schema.properties)).filter(([, property]) =>
        /milliseconds/i.test(String(Object(property).description)),
      ),
    );
    expect(times.length).toBeGreaterThan(4);
    for (const [name, property] of times) {
      expect(property, name).toMatchObject({ type: "integer", format: "int64" });
    }
  });
});

describe("an example of the page", () => {
  it("is there for each body, and works as it stands", async () => {
    const document = await read();
    const { call } = await serve({ rules: everyChannel });
    for (const [name, { operationId, requestBody }] of operationsOf(document)) {
      if (!requestBody) continue;
      const [body] = Object.values(requestBody.content);
      const examples = Object.entries(Object(body).examples as Record<string, { value: unknown }>);
      expect(examples.length, operationId).toBeGreaterThan(0);
      for (const [use, { value }] of examples) {
        const { status, text } = await call("POST", name.replace("post ", ""), value);
        const failed = /publish|batch/.test(name) && text.includes('"error"');
        expect({ status, failed }, `${name} ${use}`).toEqual({
          status: 200,
          failed: false,
        });
      }
    }
  });

  it("is there for what a query has to say, and works as it stands", async () => {
    const document = await read();
    const { inject } = await serve({ rules: everyChannel });
    for (const [name, { parameters = [] }] of operationsOf(document)) {
      if (parameters.length === 0) continue;
      const [method, path] = name.split(" ") as ["get" | "delete", string];
      const asked = parameters.filter(({ required, example }) => required || example !== undefined);
      const query = new URLSearchParams(asked.map(({ name: key, example }) => [key, example ?? ""]));
      const headers = { authorization: `Bearer ${key}` };
      expect((await inject({ method, url: `${path}?${query}`, headers })).status, name).toBe(200);
    }
  });
});

describe("the documentation page", () => {
  it("is served with everything that it loads, and loads nothing from elsewhere", async () => {
    const { inject } = await serve();
    const page = await inject({ url: "/docs" });
    expect(page.status).toBe(200);
    expect(page.headers["content-security-policy"]).toMatch(/default-src 'self'/);
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
    expect(loaded.length).toBeGreaterThan(3);
    for (const address of loaded) {
      expect(address).toMatch(/^\/docs\//);
      expect((await inject({ url: address })).status, address).toBe(200);
    }
  });

  it("shows this API and sends it to no validator", async () => {
    const { inject } = await serve();
    const { text } = await inject({ url: "/docs/static/swagger-initializer.js" });
    expect(text).toMatch(/"validatorUrl":\s*null/);
    const { status, json } = await inject({ url: "/docs/json" });
    expect(status).toBe(200);
    expect(json).toEqual((await inject({ url: "/openapi.json" })).json);
  });
});
