import type { LogLine } from "./fields.ts";

/** The process, its resources, and the server API. */
export const nodeLines = {
  config_doubtful: {
    level: "warn",
    message: "Doubtful configuration: {warning}",
    fields: ["warning"],
    action: "Change the setting that it names.",
  },
  node_listening: {
    level: "info",
    message: "The node listens.",
    fields: ["port", "adminPort"],
  },
  tls_certificate_taken: {
    level: "info",
    message: "The files of the public port's certificate have changed; it is taken from now on.",
    fields: ["until"],
  },
  tls_certificate_refused: {
    level: "warn",
    message:
      "The files of the public port's certificate have changed, and cannot be used; the one before is served.",
    fields: ["cause"],
    action: "Put a certificate with its full chain and its key there; they are looked at every 10 s.",
  },
  tls_certificate_ends: {
    level: "warn",
    message: "The public port's certificate ends at {until}.",
    fields: ["until"],
    action: "Renew it, and put it in the place of its files; no restart is needed.",
  },
  node_draining: {
    level: "info",
    message: "The node drains.",
    fields: ["signal"],
  },
  node_stopped: {
    level: "info",
    message: "The node has stopped.",
    fields: ["left"],
    action: "`left` above 0: see the runbook TidegateDrainForced.",
  },
  node_stop_failed: {
    level: "error",
    message: "Could not stop in order.",
    fields: ["cause", "err"],
    action: "Report it with the line; clients come back by themselves.",
  },
  stop_phase_ended: {
    level: "info",
    message: "A phase of the stop has ended.",
    fields: ["phase", "seconds"],
  },
  stop_phase_waited: {
    level: "info",
    message: "A phase of the stop has waited as long as it may.",
    fields: ["phase", "seconds"],
  },
  stop_phase_exceeded: {
    level: "warn",
    message: "A phase of the stop has exceeded its limit; the next one begins.",
    fields: ["phase", "seconds"],
    action: "`drain`: see the runbook TidegateDrainForced. Otherwise OPERATIONS says what the phase does.",
  },
  stop_phase_failed: {
    level: "error",
    message: "A phase of the stop has failed; the next one begins.",
    fields: ["phase", "seconds", "cause", "err"],
    action: "Report it with the line; clients come back by themselves.",
  },
  newcomers_refused: {
    level: "warn",
    message: "Newcomers are refused: this node is short of {reason}.",
    fields: ["reason"],
    action: "Give the pod more of it, or add pods; OPERATIONS explains the limits.",
  },
  newcomers_accepted: {
    level: "info",
    message: "Newcomers are accepted again: this node has enough {reason}.",
    fields: ["reason"],
  },
  memory_unreadable: {
    level: "warn",
    message: "Could not read the memory in use; the last reading counts.",
    fields: ["cause"],
    action: "`EMFILE`: raise the limit of open files. Otherwise let the process read /proc/self.",
  },
  accept_failed: {
    level: "error",
    message: "Could not accept a connection.",
    fields: ["cause", "suppressed"],
    action:
      "`EMFILE`, `ENFILE`: raise the limit of open files. `ENOBUFS`, `ENOMEM`: give the machine more memory.",
  },
  load_not_compared: {
    level: "warn",
    message: "Could not compare the load of the nodes; it is tried again.",
    fields: ["cause"],
    action: "See the runbook TidegateRedisUnavailable.",
  },
  key_set_not_fetched: {
    level: "warn",
    message: "Could not fetch the key set.",
    fields: ["origin", "cause"],
    action:
      "Let the node reach TIDEGATE_TOKEN_JWKS_URL. Keys that it has go on counting; without any nobody gets in.",
  },
  api_request: {
    level: "info",
    message: "Answered an API request.",
    fields: ["requestId", "method", "route", "status", "ms"],
  },
  api_request_failed: {
    level: "error",
    message: "Could not serve an API request.",
    fields: ["requestId", "route", "cause", "err"],
    action: "A fault of the gateway: report it with the line.",
  },
} as const satisfies Record<string, LogLine>;
