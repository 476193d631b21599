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
      security: [{ key: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ["/docs/static/*"] }),
    transformObject: (document) => withoutUnused(addComponents(document)),
  });
  await api.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: pagePolicy,
    // The badge would send the description to a public validator.
    uiConfig: { validatorUrl: null },
    theme: { title: "Tidegate API" },
  });
  api.get("/", { schema: { hide: true } }, (_request, reply) => reply.redirect("/docs"));
  api.get("/openapi.json", { schema: { hide: true } }, async () => api.swagger());
}

type Description = ReturnType<typeof addComponents>;

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
