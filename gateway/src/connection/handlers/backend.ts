/* Events that the protocol does not name: a backend answers them. */

import { Failure } from "../../errors.ts";
import { countBinary } from "../../protocol/binary.ts";
import type { Request } from "../request.ts";

const longestEvent = 128;

/** What a client asks of the backend; it holds up nothing, and nothing holds it up. */
export const backendRequest: Omit<Request, "price"> = {
  exclusive: false,
  question({ backend }, connection, { event, payload: data, shape }) {
    if (event.length > longestEvent) {
      throw new Failure("bad_request", `An event's name has at most ${longestEvent} characters.`);
    }
    // Refuses what would be taken for a binary value that nobody sent.
    if (shape !== "plain") countBinary(data);
    return backend && (() => backend.request(connection, { event, data }));
  },
  async handle(_services, _connection, _payload, reply, _shape, data) {
    reply(data === undefined ? { ok: true } : { ok: true, data });
  },
};
