import type { DisconnectReason } from "socket.io";
import type { CloseReason } from "../meter.ts";

const reasons: Record<string, CloseReason> = {
  "client namespace disconnect": "client_disconnect",
  "transport close": "transport_close",
  "transport error": "transport_error",
  "ping timeout": "ping_timeout",
  "parse error": "parse_error",
  "server shutting down": "shutdown",
  "forced server close": "parse_error",
};

/** What Socket.IO says of a close, as the gateway counts it. Closes that the gateway made say their own reason. */
export function closeReason(
  reason: DisconnectReason,
  { slow = false, tooLarge = false }: { slow?: boolean; tooLarge?: boolean } = {},
): CloseReason {
  if (slow) return "slow_consumer";
  if (tooLarge) return "too_large";
  // Socket.IO closes by itself only what breaks the protocol.
  return reasons[reason] ?? "parse_error";
}
