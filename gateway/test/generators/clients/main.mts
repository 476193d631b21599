// Calls the server API through the generated types, and prints what came of it.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

const [, , baseUrl = "", key = ""] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });

type Publication = components["schemas"]["PublicationInput"];

function of<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const send = async (body: Publication) => of(await client.POST("/v1/publish", { body })).results;

const [one] = await send({ channel: "chat:42", data: { text: "hello" } });
console.log("one", one?.channel, one?.position !== undefined, one?.error === undefined);

const [good, bad] = await send({ channels: ["chat:42", "nowhere"], data: 2 });
console.log("many", good?.error === undefined, bad?.error?.code);

const refused = await client.POST("/v1/publish", { body: { channel: "nowhere", data: 3 } });
console.log("refused", refused.response.status, refused.error?.error.code === "unknown_channel");

const operations = [
  { publish: { channel: "chat:42", data: 4 } },
  { publish: { channel: "nowhere", data: 5 } },
  { publish: { channels: ["chat:42", "nowhere"], data: 6 } },
];
const [done, failed, mixed] = of(await client.POST("/v1/batch", { body: { operations } })).results;
console.log("batch", done?.error === undefined, failed?.error?.code, mixed?.results?.[1]?.error?.code);

const query = { channel: "chat:42", limit: 1 };
const page = of(await client.GET("/v1/history", { params: { query } }));
const [first] = page.messages;
const { text } = first?.data as { text: string };
console.log("history", text, (first?.time ?? 0) > 1_500_000_000_000, page.more);

const session = of(await client.POST("/v1/tokens", { body: { user: "ann", info: { name: "Ann" } } }));
const channel = of(await client.POST("/v1/tokens", { body: { user: "ann", channel: "doc:7", ttl: 600 } }));
console.log("tokens", session.expiresAt > channel.expiresAt, channel.token.startsWith("ey"));

console.log("reach", of(await client.POST("/v1/disconnect", { body: { user: "ann" } })).connections);
