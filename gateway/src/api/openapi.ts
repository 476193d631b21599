/*
 * Publishes the description of the API and the page that shows it. It is made of the schemas that check the requests,
 * so it cannot say anything else than the code.
 */

import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import {
  jsonSchemaTransformObject as addComponents,
  createJsonSchemaTransform,
} from "fastify-type-provider-zod";
import { requestExamples } from "./examples.ts";
import type { Api } from "./services.ts";

/** Everything that the page loads is in the package; it also works where there is no internet. */
const pagePolicy = {
  "default-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "style-src": ["'self'", "'unsafe-inline'"],
};

const reference = /"#\/components\/schemas\/([^"]+)"/g;

const description =
  "What a backend asks of the gateway. Every error is `{error: {code, message, retryable, after?}}`; " +
  "retryable ones come with `Retry-After`.";

/** `/openapi.json`, made of the schemas that check the requests, and `/docs`, which shows it. Before any route. */
export async function describeApi(api: Api, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Tidegate", description, version, license: { name: "MIT", identifier: "MIT" } },
      components: {
        securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key." } },
      },
      // Wherever the page is from; clients that are generated are given their own.
      servers: [{ url: "/" }],
      security: [{ key: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ["/docs/static/*"] }),
    transformObject: (document) => forGenerators(withoutUnused(addComponents(document))),
  });
  await api.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: pagePolicy,
    // The badge would send the description to a public validator.
    uiConfig: { validatorUrl: null },
    theme: {
      title: "Tidegate API",
      // The bar has a library's logo, and a field for the address of another description.
      css: [{ filename: "tidegate.css", content: ".swagger-ui .topbar { display: none }" }],
    },
  });
  api.get("/", { schema: { hide: true } }, (_request, reply) => reply.redirect("/docs"));
  api.get("/openapi.json", { schema: { hide: true } }, async () => api.swagger());
}

type Description = ReturnType<typeof addComponents>;
type Members = Record<string, unknown>;

/**
 * A validator reads the schemas as they are; programs that make clients of them stumble. An answer may have members
 * that a client does not know yet, the bounds of JavaScript's whole numbers say nothing, and each body has its examples.
 */
function forGenerators(document: Description): Description {
  if (!("components" in document)) return document;
  const { components, paths = {} } = document;
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) => [
    name,
    readable(schema, name.endsWith("Input")),
  ]);
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item as Record<string, Members>)) {
      operation.responses = readable(operation.responses, false);
      for (const { schema } of (operation.parameters ?? []) as Record<string, Members>[])
        delete schema?.default;
      addExamples(operation);
    }
  }
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } } as Description;
}

/** @param isInput a request with a member that is not known is refused, and its schema says so */
function readable(value: unknown, isInput: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => readable(item, isInput));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name, member]) => {
    if (name === "additionalProperties") return isInput;
    // `true`, or absent: of a constant that is no text, some languages make code that does not compile.
    if (name === "const") return typeof member !== "boolean";
    return !(name === "maximum" || name === "minimum") || Math.abs(member) !== Number.MAX_SAFE_INTEGER;
  });
  const schema = Object.fromEntries(kept.map(([name, member]) => [name, readable(member, isInput)]));
  return orNull(schema) ?? schema;
}

/** A union with null is a type of two names. */
function orNull({ anyOf, ...rest }: Members): Members | undefined {
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || anyOf[1]?.type !== "null") return undefined;
  return { ...rest, ...anyOf[0], type: [anyOf[0].type, "null"] };
}

function addExamples({ operationId, requestBody }: Members): void {
  const examples = requestExamples[String(operationId)];
  const { content = {} } = Object(requestBody) as { content?: Record<string, Members> };
  if (examples) for (const body of Object.values(content)) body.examples = examples;
}

/** Each schema arrives both as what is sent and as what is answered; most are only ever one of the two. */
function withoutUnused(document: Description): Description {
  if (!("components" in document)) return document;
  const { paths, components } = document;
  const schemas = Object.entries(components?.schemas ?? {});
  const used = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [, name = ""] of JSON.stringify(value).matchAll(reference)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(schemas.filter(([known]) => known === name));
    }
  };
  follow(paths);
  const kept = Object.fromEntries(schemas.filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } } as Description;
}
