/*
 * Serves the console at `/console` of the admin port: the files that `console/` is built into, each under its own name,
 * and nothing that is not among them. The page uses the server API with a key that it asks for; it has no key itself, so
 * it is served without one. Only in development it is told where the public port is, to try that out.
 */

import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../errors.ts";
import { sendFailure } from "./errors.ts";
import type { Api, ApiServices } from "./services.ts";
import { fileHeaders, readFolder, type StaticFile, sendFile } from "./static-folder.ts";

const folder = new URL("../../console/", import.meta.url);

/** Where a page may connect to beside its own address: a name or address that cannot end the directive. */
const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** The place in the page where the public port is written. */
const portPlace = 'name="tidegate-port" content=""';

/** The files that are served, by their path below `/console/`. */
export function consoleFiles(): Map<string, StaticFile> {
  return readFolder(folder);
}

export function consoleRoutes(api: Api, { publicPort }: Pick<ApiServices, "publicPort">): void {
  const files = consoleFiles();
  const page = files.get("index.html");
  if (!page) return;
  const html = page.bytes.toString();
  const hide = { schema: { hide: true } };
  const servePage = (request: FastifyRequest, reply: FastifyReply) => {
    const port = publicPort();
    reply.headers(pageHeaders(request.headers.host, port));
    const text = port === undefined ? html : html.replace(portPlace, portPlace.replace('""', `"${port}"`));
    // A text would be sent as JSON.
    return reply.type(page.type).send(Buffer.from(text));
  };
  api.get("/console", hide, servePage);
  api.get("/console/", hide, servePage);
  api.get<{ Params: { "*": string } }>("/console/*", hide, async (request, reply) => {
    const name = request.params["*"];
    const file = files.get(name);
    if (!file || file === page) return sendFailure(reply, new Failure("not_found"));
    return sendFile(request, reply, name, file);
  });
}

/** The page runs and loads only what is here, is shown in no frame, and tells nobody where it was. */
function pageHeaders(host = "", port: number | undefined) {
  const [, name] = hostForm.exec(host) ?? [];
  const gateway = name === undefined || port === undefined ? "" : ` ws://${name}:${port}`;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${gateway}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    ...fileHeaders,
    "content-security-policy": policy.join("; "),
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
  };
}
