/** What bounds the figures of each scenario, for the page of results. */
export const limits: Record<string, string> = {
  hostile: `The prices, whose sum a user may take in a second, and what a frame costs before its price is known: it is read and
parsed. What is refused is parsed too.`,
  "hostile, through Redis": `As above; a page of 1,000 users is what Redis works longest at.`,
  saturation: `The kernel: one write a socket and turn is nearly all that is left, and what a turn holds grows with the load. Stock
makes one system call for each copy of each message, so its figure does not rise with the load.`,
  "saturation, through Redis": `Redis stores, numbers and publishes each message in a script, and the node that published
hears it again from there; the copies cost what they cost without Redis. Stock sends to its own sockets first and publishes once, without
storing.`,
  "rate-30": `At thirty messages a second there is one message in a turn, so each copy is a system call of its own, as with stock; what is
saved is all that happens before the call: one frame for all, no queue, no packet object for a socket.`,
  "rate-30, through Redis": `As without Redis. A publication takes one round trip more before it leaves.`,
  "rate-300": `The latency is the length of a turn: a thousand writes. What arrives meanwhile goes with the next turn, so the queue
does not grow. Stock has more to write than a second has time for, and its latency is the length of its queue.`,
  "rate-300, through Redis": `As without Redis: thirty messages in a hundredth of a second are one script and one batch.`,
  "rate-1000": `As at 300, with larger turns. The clients have to take a million messages a second, so the load generator is near its limit
too.`,
  "rate-1000, through Redis": `As without Redis. What Redis takes of each message is a few hundredths of a millisecond.`,
  rooms: `Small rooms leave little to share: a message has nine copies, so its own way in (the frame, the request, the packet) weighs as much
as they do.`,
  mixed: `Half of the CPU is the kernel's for the writes, a seventh is that of five thousand requests a second. While a turn writes
to all sockets the next turn's messages arrive, so each socket is sent those of several members at once; the latency is
the length of such a turn.`,
  dialects: `A batch is written once more for the dialect, from the same texts, and one socket more is written to.`,
  memory: `The TCP socket, the WebSocket and the HTTP parser's leftovers, which the bare server has too, are most of it. The rest is
Socket.IO's socket and client objects, the session, and two subscriptions.`,
  "memory, through Redis": `The same objects; what a node knows of a channel is shared by all who are in it, but each user's own channel is
one more subscription in Redis.`,
  accept: `Two thirds is Node's: accepting the TCP connection, parsing the request, the upgrade. Of what is ours, the
subscription to the user's own channel is the largest part, then verifying the token; stock has neither.`,
  "accept, through Redis": `Each connection subscribes in Redis to its own room and to its user's channel, and the client library
reads the answers one by one. Whether tokens are revoked, and where the channels stand, is asked once for all of a turn.`,
  recover: `The replies: eight thousand times a hundred messages are joined from stored texts and written once. The load generator
and the server share the machine, so the seconds are those of both.`,
  "recover, through Redis": `Clients that come back to the same place within a second share a read. What is left is accepting them, and the
replies.`,
  presence: `Writing the answer: the users of a channel are kept in their order, so a page costs what is on it, wherever it begins.`,
  "presence, through Redis": `One script, which looks up each user of the page and unpacks the user's connections, and then the
answer. The total is a count that Redis keeps.`,
  publish: `Node's HTTP server and the kernel: a bare node:http server that parses the same body and answers the same bytes does about
15,000 in the same CPU second, Fastify with nothing around it about 13,500. What the gateway adds is the key, the schema, the publication
itself and its metrics.`,
  "publish, through Redis": `As above, and the script: requests that arrive in one turn of the event loop share one.`,
  "publish-batch": `JSON: the body is parsed once, each message checked and written once.`,
  "publish-batch, through Redis": `Encoding the script's arguments and reading its answers, beside what the batch costs
without Redis; a fourth is the garbage collector's, since 3,200 messages wait for Redis at once. Redis itself is about as busy
as the node, and is what limits a cluster first: see redis-cost.`,
  direct: `A message to one connection is a publication and a write: nothing can be shared.`,
  "direct, through Redis": `As above, and each message comes from Redis as a message of its own, on its channel's subscription.`,
  cluster: `A node is sent what its own rooms are sent, so the traffic of others costs it nothing. Stock's adapter subscribes to a
pattern: each node reads, and drops, what is published for all others.`,
  "redis-cost": `A script costs several times what a message in it costs, so publications that arrive together are cheap. Redis uses one
core: divide a million by a figure for the publications that one Redis carries, and go to Redis Cluster before half of
that is your load.`,
};
