/*
 * A backend that a Tidegate gateway asks, with fastify: `npm install fastify standardwebhooks`, then
 * `PORT=8080 TIDEGATE_HOOK_SECRET=whsec_… node backend.mjs`.
 */

import fastify from "fastify";
import { Webhook } from "standardwebhooks";

const { PORT = "8080", HOOK_NAME = "shop", TIDEGATE_HOOK_SECRET = "" } = process.env;
const webhook = new Webhook(TIDEGATE_HOOK_SECRET);

/** The backend's own logins; yours is a database. */
const sessions = { "session-of-ann": { user: "ann", name: "Ann" } };

/** A call may come twice: the answers of the last ones, by id, the oldest first. */
const answers = new Map();
const mostAnswers = 10_000;

const refuse = (code, message) => ({ error: { code, message } });

const deciders = {
  connect({ auth }) {
    const session = Object.hasOwn(sessions, auth.session ?? "") ? sessions[auth.session] : undefined;
    if (!session) return refuse("unauthorized", "No such session.");
    return { user: session.user, info: { name: session.name } };
  },
  /** `order:ann:7` is an order of Ann's. Nobody need be asked again for ten minutes. */
  subscribe({ user, subscribe }) {
    const results = subscribe.map(({ channel }) =>
      channel.startsWith(`order:${user}:`) ? { grant: 600 } : refuse("forbidden", "Not your order."),
    );
    return { results };
  },
  publish({ data }) {
    if (typeof data?.text !== "string") return refuse("bad_request", "A message has a text.");
    if (data.text.includes("casino")) return { skip: true };
    return data.text.includes("darn")
      ? { data: { ...data, text: data.text.replaceAll("darn", "****") } }
      : {};
  },
  request({ event, data }) {
    if (event !== "total") return refuse("not_found", "No such event.");
    return { data: { total: data.items.reduce((sum, price) => sum + price, 0) } };
  },
};

function decide(body) {
  return Object.hasOwn(deciders, body.type)
    ? deciders[body.type](body)
    : refuse("not_found", "Nobody knows.");
}

const app = fastify();
// The signature is over the bytes as they came.
app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) =>
  done(null, text),
);
app.post("/tidegate", async ({ headers, body: text }, reply) => {
  let body;
  try {
    body = webhook.verify(text, headers);
  } catch {
    return reply.code(401).send();
  }
  // Hooks may share a secret: what is meant for another one is not for here.
  if (body.hook !== HOOK_NAME) return reply.code(401).send();
  const known = answers.get(headers["webhook-id"]);
  if (known) return known;
  const answer = decide(body);
  answers.set(headers["webhook-id"], answer);
  if (answers.size > mostAnswers) answers.delete(answers.keys().next().value);
  return answer;
});
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
