import { isTidegate, type ServerProcess } from "../server-process.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { openMany, Session } from "./session.ts";
import { signToken } from "./token.ts";

export function dialectOf(server: ServerProcess): Dialect {
  return server.kind === "bare" ? dialects.stock : dialects[server.kind];
}

/** What a client presents: a token to Tidegate; stock servers ask for none. */
export function authOf(server: ServerProcess, user: string): object {
  return isTidegate(server.kind) ? { token: signToken(server.secret, user) } : {};
}

/** Opens sessions and subscribes each to its rooms. */
export function openCrowd(
  server: ServerProcess,
  count: number,
  roomsOf: (index: number) => readonly string[],
): Promise<Session[]> {
  const dialect = dialectOf(server);
  return openMany(count, async (index) => {
    const rooms = roomsOf(index);
    const session = await Session.open(server.port, dialect, authOf(server, `user-${index}`), rooms[0]);
    for (const room of rooms) await session.subscribe(room);
    return session;
  });
}

export function closeCrowd(sessions: readonly Session[]): void {
  for (const session of sessions) session.client.destroy();
}
