/*
 * Translates responses between the classic wire and those of Socket.IO's cluster adapter. ClassicWire calls it. Without
 * them `fetchSockets` and acknowledgements of another server would wait for their timeout.
 */

import { type ClusterResponse, MessageType } from "socket.io-adapter";
import { z } from "zod";
import { clientCount, namespace, remoteSockets, text } from "./peer-parts.ts";

/** The numbers of responses on the wire of Socket.IO's classic Redis adapter; that to `fetchSockets` has none. */
const kinds = { serverSideEmit: 6, clientCount: 8, ack: 9 } as const;

const requestId = text;

// What a response to `serverSideEmit` or an acknowledgement holds is the application's, so its form is not checked.
const responseForm = z.union([
  z.object({ type: z.literal(kinds.serverSideEmit), requestId, data: z.unknown() }),
  z.object({ type: z.literal(kinds.clientCount), requestId, clientCount }),
  z.object({ type: z.literal(kinds.ack), requestId, packet: z.unknown() }),
  z.object({ type: z.undefined().optional(), requestId, sockets: remoteSockets }),
]);

/** @throws ZodError where the payload is none */
export function readResponse(payload: unknown): ClusterResponse {
  const response = responseForm.parse(payload);
  const { requestId } = response;
  // The classic wire does not carry who responds; the adapter only counts responses.
  const sender = { uid: "", nsp: namespace };
  switch (response.type) {
    case kinds.serverSideEmit:
      return {
        ...sender,
        type: MessageType.SERVER_SIDE_EMIT_RESPONSE,
        data: { requestId, packet: response.data },
      };
    case kinds.clientCount: {
      const { clientCount } = response;
      return { ...sender, type: MessageType.BROADCAST_CLIENT_COUNT, data: { requestId, clientCount } };
    }
    case kinds.ack: {
      const { packet } = response;
      return { ...sender, type: MessageType.BROADCAST_ACK, data: { requestId, packet } };
    }
    case undefined: {
      const { sockets } = response;
      return { ...sender, type: MessageType.FETCH_SOCKETS_RESPONSE, data: { requestId, sockets } };
    }
  }
}

export function responseOf(response: ClusterResponse): object {
  const { requestId } = response.data;
  switch (response.type) {
    case MessageType.SERVER_SIDE_EMIT_RESPONSE:
      return { type: kinds.serverSideEmit, requestId, data: response.data.packet };
    case MessageType.BROADCAST_CLIENT_COUNT:
      return { type: kinds.clientCount, ...response.data };
    case MessageType.BROADCAST_ACK:
      return { type: kinds.ack, ...response.data };
    case MessageType.FETCH_SOCKETS_RESPONSE:
      return response.data;
  }
}
