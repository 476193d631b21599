/*
 * The files of a folder that pages are built into, each under its own name, and nothing that is not among them. They are
 * read once, when the node is made: nothing that a caller sends becomes a path.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json; charset=utf-8",
};

export interface StaticFile {
  type: string;
  bytes: Buffer;
  compressed: Promise<Buffer>;
}

/** The files that are served, by their path below the folder; none where the gateway was installed without them. */
export function readFolder(folder: URL): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(folder)) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(new URL(name, folder));
    files.set(name.replaceAll("\\", "/"), { type, bytes, compressed: promisify(gzip)(bytes) });
  }
  return files;
}

/** Of every file: it is what its type says, and no other site's page uses it. */
export const fileHeaders = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

/** Gzipped for whoever takes that. Names in `assets/` have a hash of what is in them, so those are kept for ever. */
export async function sendFile(request: FastifyRequest, reply: FastifyReply, name: string, file: StaticFile) {
  const isHashed = name.startsWith("assets/");
  reply.headers({
    ...fileHeaders,
    "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
  });
  reply.type(file.type);
  if (!/\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) return reply.send(file.bytes);
  return reply.headers({ "content-encoding": "gzip", vary: "accept-encoding" }).send(await file.compressed);
}
