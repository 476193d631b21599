import type { Handler } from "../request.ts";

/** A sign of life, for clients that do not see the pings of their WebSocket; the answer has the gateway's clock. */
export const ping: Handler = async ({ now }, _connection, _payload, reply) => {
  reply({ ok: true, time: now() });
};
