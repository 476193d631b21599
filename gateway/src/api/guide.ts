/*
 * Serves the guide at `/docs/guide/` of the admin port, in Chinese at `/docs/guide/zh/`: the files that `guide/` is built
 * into. It is for reading alone, so it needs no key and its pages may call nothing.
 */

import { Failure } from "../errors.ts";
import { sendFailure } from "./errors.ts";
import type { Api } from "./services.ts";
import { readFolder, sendFile } from "./static-folder.ts";

const folder = new URL("../../guide/", import.meta.url);

export function guideRoutes(api: Api): void {
  const files = readFolder(folder);
  const headers = pageHeaders(String(files.get("scripts.json")?.bytes ?? "[]"));
  const hide = { schema: { hide: true } };
  for (const [from, to] of [
    ["/docs/guide", "/docs/guide/"],
    ["/docs/guide/zh", "/docs/guide/zh/"],
  ] as const) {
    api.get(from, hide, (_request, reply) => reply.redirect(to));
  }
  api.get<{ Params: { "*": string } }>("/docs/guide/*", hide, async (request, reply) => {
    const asked = request.params["*"];
    const name = asked === "" || asked.endsWith("/") ? `${asked}index.html` : asked;
    const file = files.get(name);
    if (!file) return sendFailure(reply, new Failure("not_found"));
    if (name.endsWith(".html")) reply.headers(headers);
    return sendFile(request, reply, name, file);
  });
}

/**
 * Scripts of the guide's own run, and those that stand in its pages by their hashes. Colours of code are attributes of
 * style, for which there are no hashes.
 *
 * @param scripts a JSON list, which the build writes
 */
function pageHeaders(scripts: string) {
  const hashes = (JSON.parse(scripts) as string[]).map((hash) => `'${hash}'`);
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
  };
}
