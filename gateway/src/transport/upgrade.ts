import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Failure } from "../errors.ts";
import { refuseUpgrade } from "./http.ts";
import { chosenProtocol, offeredProtocols } from "./subprotocol.ts";
import { WebSocket } from "./websocket.ts";

/** What a server says where the client speaks another version of WebSocket (RFC 6455, section 4.4). */
const versions = "Sec-WebSocket-Version: 13";

/** What a server's answer to a key ends with (RFC 6455, section 1.3). */
const suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Sixteen bytes in base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;
/** A token of HTTP (RFC 9110, section 5.6.2), as the name of a subprotocol is. */
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Answers an upgrade. The answer is written into the corked socket: it leaves with the first that the connection is sent.
 *
 * @param head what has been read behind the request
 * @param maxPayload bytes of one incoming message
 * @returns what is wrong with an upgrade that is none of WebSocket's; it has been told so
 */
export function openWebSocket(
  request: IncomingMessage,
  head: Buffer,
  maxPayload: number,
): WebSocket | Failure {
  const { headers, socket } = request;
  const fault = faultOfUpgrade(request);
  if (fault) {
    refuseUpgrade(socket, fault, versions);
    return fault;
  }
  const accept = hash("sha1", `${headers["sec-websocket-key"]}${suffix}`, "base64");
  const protocol = chosenProtocol(offeredProtocols(headers));
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (head.length > 0) socket.unshift(head);
  return new WebSocket(socket, maxPayload);
}

/** Why an upgrade is none of WebSocket's. @returns undefined where it is one */
function faultOfUpgrade({ method, headers }: IncomingMessage): Failure | undefined {
  const version = headers["sec-websocket-version"];
  if (method !== "GET") return notWebSocket("it is a GET");
  if (headers.upgrade?.toLowerCase() !== "websocket") return notWebSocket("Upgrade is websocket");
  if (!keyForm.test(headers["sec-websocket-key"] ?? "")) {
    return notWebSocket("Sec-WebSocket-Key is 16 bytes in base64");
  }
  if (version !== "13" && version !== "8") return notWebSocket("Sec-WebSocket-Version is 13");
  const isUnreadable = !offeredProtocols(headers).every((protocol) => tokenForm.test(protocol));
  return isUnreadable ? notWebSocket("Sec-WebSocket-Protocol is a list of names") : undefined;
}

function notWebSocket(demand: string): Failure {
  return new Failure("bad_request", `The upgrade is no WebSocket's: ${demand}.`);
}
