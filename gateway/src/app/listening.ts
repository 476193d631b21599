/*
 * Begins to listen on the two ports, and says in the operator's words why one of them cannot be had. Without it a port
 * that another program has would be the runtime's error, which names no setting.
 */

import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Config } from "../config/schema.ts";
import { Failure } from "../errors.ts";
import { listen, portOf } from "../transport/http.ts";

/**
 * @returns the ports that are listened on
 * @throws Failure `internal` that names the setting to change
 */
export async function listenOnBoth(
  { port, adminPort, host, adminHost }: Config,
  publicServer: Server,
  api: FastifyInstance,
): Promise<{ port: number; adminPort: number }> {
  const common = await listen(publicServer, port, host).catch(refuse("TIDEGATE_PORT", port, host));
  const own = adminHost ?? common;
  await api.listen({ port: adminPort, host: own }).catch(refuse("TIDEGATE_ADMIN_PORT", adminPort, own));
  return { port: portOf(publicServer), adminPort: portOf(api.server) };
}

const reasons: Record<string, (setting: string, port: number, host: string) => string> = {
  EADDRINUSE: (setting, port) =>
    `Port ${port} is in use by another program: end that one, or set ${setting} to another port.`,
  EACCES: (setting, port) => `This user may not listen on port ${port}: set ${setting} to one above 1023.`,
  EADDRNOTAVAIL: (setting, _port, host) => `This machine has no address ${host}: ${hostSettings(setting)}.`,
  ENOTFOUND: (setting, _port, host) => `The name ${host} leads to no address: ${hostSettings(setting)}.`,
};

function hostSettings(setting: string): string {
  return setting === "TIDEGATE_PORT" ? "set TIDEGATE_HOST" : "set TIDEGATE_ADMIN_HOST or TIDEGATE_HOST";
}

function refuse(setting: string, port: number, host: string) {
  return (error: NodeJS.ErrnoException): never => {
    const say = reasons[error.code ?? ""];
    if (!say) throw error;
    throw new Failure("internal", say(setting, port, host), { cause: error });
  };
}
