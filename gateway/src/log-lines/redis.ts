import type { LogLine } from "./fields.ts";

const outage = "See the runbook TidegateRedisUnavailable.";
const stranger = "Find what else publishes on this Redis, or give the gateways a prefix of their own.";

/** Redis, and the nodes that meet in it. */
export const redisLines = {
  redis_connection_failed: {
    level: "warn",
    message: "The connection to Redis has failed.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  redis_call_failed: {
    level: "warn",
    message: "A call to Redis has failed.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  redis_not_ready: {
    level: "warn",
    message: "Redis cannot be used yet; nobody is let in until it can.",
    fields: ["cause"],
    action: `${outage} REDIS lists what a node needs.`,
  },
  redis_ready: {
    level: "info",
    message: "Redis can be used.",
    fields: [],
  },
  redis_unusable: {
    level: "error",
    message: "This Redis cannot be used: {cause}",
    fields: ["cause"],
    action: "Use a Redis as REDIS asks for it; the node waits for it.",
  },
  redis_evicts: {
    level: "warn",
    message: "Redis may evict history and presence; set maxmemory-policy to noeviction.",
    fields: ["policy"],
    action: "`CONFIG SET maxmemory-policy noeviction`, and in Redis' configuration file.",
  },
  redis_backlog_ttl: {
    level: "warn",
    message:
      "repl-backlog-ttl is {ttl} s: without a replica for that long positions reset and clients reload; set it to 0.",
    fields: ["ttl"],
    action: "`CONFIG SET repl-backlog-ttl 0`, and in Redis' configuration file.",
  },
  redis_servers_differ: {
    level: "warn",
    message: "The connections to Redis lead to different servers; all are made anew.",
    fields: ["cause", "suppressed"],
    action: "Once, after a failover: nothing. Again and again: let the address lead to the primary alone.",
  },
  connection_not_replaced: {
    level: "warn",
    message: "A connection beyond the limit of its user could not be ended.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  cluster_slots_unknown: {
    level: "warn",
    message: "Could not learn from a server of the Redis Cluster where slots are.",
    fields: ["cause", "suppressed"],
    action: "Look at `CLUSTER INFO` and `CLUSTER SLOTS` on that server.",
  },
  cluster_slots_unusable: {
    level: "warn",
    message: "Could not use what the Redis Cluster says of its slots; it is asked again.",
    fields: ["cause", "suppressed"],
    action: "Look at `CLUSTER SLOTS`: each server needs an address that the node can reach.",
  },
  resubscribe_failed: {
    level: "warn",
    message: "Could not subscribe to all channels again in Redis; it is tried again.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  subscriptions_not_checked: {
    level: "warn",
    message: "Could not check the subscriptions in Redis after slots moved.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  repair_failed: {
    level: "warn",
    message: "Could not read missed messages; it is tried again.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  lease_not_renewed: {
    level: "warn",
    message: "Could not renew the lease; without it others take this node for gone.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  lease_not_released: {
    level: "warn",
    message: "Could not release the lease; it expires by itself.",
    fields: ["cause", "suppressed"],
  },
  revocations_not_read: {
    level: "warn",
    message: "Could not read revocations; it is tried again.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  presence_not_settled: {
    level: "warn",
    message: "Could not bring presence up to date; it is tried again.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  presence_not_swept: {
    level: "warn",
    message: "Could not remove the presence of a lost node; it is tried again.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  command_not_sent: {
    level: "warn",
    message: "Could not send a command to the other nodes.",
    fields: ["cause", "suppressed"],
    action: `${outage} The caller was told which nodes are unreached, and may call again.`,
  },
  command_failed: {
    level: "warn",
    message: "Could not carry out, or answer, another node's command.",
    fields: ["cause", "suppressed"],
    action: outage,
  },
  command_unknown: {
    level: "warn",
    message: "A newer node sent a command that this one does not know.",
    fields: ["cause", "suppressed"],
    action: "During a rolling update: nothing, its sender was told. Otherwise update this node.",
  },
  publication_malformed: {
    level: "warn",
    message: "Dropped a malformed publication.",
    fields: ["cause", "suppressed"],
    action: stranger,
  },
  node_message_malformed: {
    level: "warn",
    message: "Dropped a malformed command or reply of a node.",
    fields: ["cause", "suppressed"],
    action: stranger,
  },
  adapter_message_malformed: {
    level: "warn",
    message: "Dropped a malformed Socket.IO adapter message.",
    fields: ["cause", "suppressed"],
    action: `${stranger} An emitter has to write what PROTOCOL describes.`,
  },
  node_record_malformed: {
    level: "warn",
    message: "Ignored a malformed node record.",
    fields: ["cause", "suppressed"],
    action: stranger,
  },
  gap_found: {
    level: "debug",
    message: "Found a gap in what Redis delivered.",
    fields: ["channel", "from", "to"],
  },
  gap_repaired: {
    level: "debug",
    message: "Filled a gap from the history.",
    fields: ["channel", "from", "to"],
  },
  gap_lost: {
    level: "debug",
    message: "Could not fill a gap; subscribers are told.",
    fields: ["channel", "from", "to"],
  },
  command_sent: {
    level: "debug",
    message: "Sent a command to the other nodes.",
    fields: ["kind", "user", "connection", "channel", "nodes", "replies", "unreached"],
  },
} as const satisfies Record<string, LogLine>;
