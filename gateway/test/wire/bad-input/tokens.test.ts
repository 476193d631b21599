import { describe, expect, it } from "vitest";
import { forge, hmacKey, issuerKeys } from "../../auth/forge.ts";
import { testSecret } from "../../support/gateway.ts";
import { noCode } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";
import { connectError } from "./session.ts";

const { RS256, ES256 } = issuerKeys;
const rules = `
channels:
  - {match: "secret:*", subscribe: token, publish: nobody}
  - {match: "**", subscribe: anyone, publish: anyone, history: {size: 100, ttl: 10m}}
`;
const arena = useArena({ env: { TIDEGATE_TOKEN_PUBLIC_KEY: RS256.pem }, rules });

const now = Math.floor(Date.now() / 1_000);
const hour = 3_600;
const trusted = hmacKey(testSecret);
const unsigned = { algorithm: "none", signature: () => Buffer.alloc(0) };

/** A token whose claims are right, but for those given. */
function token(claims: object, key: Parameters<typeof forge>[1] = trusted, header: object = {}): string {
  return forge({ sub: "mallory", iat: now, exp: now + hour, ...claims }, key, header);
}

const valid = token({}, RS256);
const [head = "", body = "", signature = ""] = valid.split(".");

const refused: [name: string, token: string][] = [
  ["alg none", token({}, unsigned)],
  ["alg None", token({}, { ...unsigned, algorithm: "None" })],
  ["no alg", token({}, trusted, { alg: undefined })],
  ["alg __proto__", token({}, { ...trusted, algorithm: "__proto__" })],
  ["HS256 signed with the public key", token({}, hmacKey(RS256.pem))],
  ["HS256 signed with the public key, trimmed", token({}, hmacKey(RS256.pem.trim()))],
  ["HS256 signed with an empty key", token({}, hmacKey(""))],
  ["the signature taken off", `${head}.${body}.`],
  [
    "the signature of other claims",
    `${head}.${Buffer.from('{"sub":"admin"}').toString("base64url")}.${signature}`,
  ],
  ["the key of another", token({}, ES256)],
  ["its own key in jwk", token({}, ES256, { jwk: ES256.publicKey.export({ format: "jwk" }) })],
  [
    "its own key in jwk, signed rightly",
    token({}, RS256, { jwk: RS256.publicKey.export({ format: "jwk" }) }),
  ],
  ["a key set in jku", token({}, RS256, { jku: "http://127.0.0.1:1/keys" })],
  ["a certificate in x5c", token({}, RS256, { x5c: ["AAAA"] })],
  ["an extension in crit", token({}, RS256, { crit: ["b64"], b64: true })],
  ["a key id that is a path", token({}, ES256, { kid: "../../dev/null" })],
  ["a key id that is no text", token({}, RS256, { kid: { a: 1 } })],
  ["no exp", token({ exp: undefined })],
  ["an exp that is a text", token({ exp: `${now + hour}` })],
  ["an exp beyond all numbers", token({ exp: 1e300 })],
  ["no iat", token({ iat: undefined })],
  ["an iat in the future", token({ iat: now + hour, exp: now + 2 * hour })],
  ["an nbf in the future", token({ nbf: now + hour })],
  ["an nbf that is a text", token({ nbf: "now" })],
  ["a lifetime of a hundred years", token({ exp: now + 100 * 365 * 24 * hour })],
  ["no sub", token({ sub: undefined })],
  ["an empty sub", token({ sub: "" })],
  ["a sub that is a number", token({ sub: 5 })],
  ["a sub that is a list", token({ sub: ["admin"] })],
  ["a sub of 241 bytes", token({ sub: "x".repeat(241) })],
  ["a sub with a space", token({ sub: "a b" })],
  ["a sub with a line's end", token({ sub: "a\nb" })],
  ["a sub of an anonymous user", token({ sub: "anon:x" })],
  ["channels that are no list", token({ channels: "a" })],
  ["channels that are no texts", token({ channels: [5] })],
  ["an allow that is no list", token({ allow: { channels: ["**"], can: ["publish"] } })],
  ["an allow of something unknown", token({ allow: [{ channels: ["**"], can: ["anything"] }] })],
  ["a channel token", token({ channel: "a" })],
  ["claims that are a list", forge("[]", trusted)],
  ["claims that are null", forge("null", trusted)],
  ["claims that are no JSON", forge("{", trusted)],
  ["no dots", "token"],
  ["dots alone", ".."],
  ["five parts, as an encrypted one", "a.b.c.d.e"],
  ["an empty text", ""],
  ["9 KB", token({ info: "x".repeat(9 * 1_024) })],
  ["a NUL in the middle", `${head}\u0000.${body}.${signature}`],
];

describe("a token with a fault is one connect_error, the same for all, then the end", () => {
  it.each(refused)("%s", async (_name, faulty) => {
    const socket = await arena.socket();
    socket.send(`40${JSON.stringify({ token: faulty })}`);
    expect(await connectError(socket)).toEqual({
      code: "unauthorized",
      message: "The credentials were not accepted.",
      retryable: false,
    });
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts.filter((text) => text.startsWith("44"))).toHaveLength(1);
  });

  it.each(refused)("or, in a session, a refused refresh: %s", async (_name, faulty) => {
    const session = await arena.session({ token: valid });
    expect(await session.request("refresh", { token: faulty })).toMatchObject({
      ok: false,
      error: { code: "unauthorized", message: "The credentials were not accepted." },
    });
    expect(await session.request("away", {})).toEqual({ ok: true });
  });
});

describe("a channel token with a fault is refused, and the channel is not subscribed", () => {
  const claims = { channel: "secret:1" };
  const faulty: [name: string, token: string][] = [
    ["alg none", token(claims, unsigned)],
    ["HS256 signed with the public key", token(claims, hmacKey(RS256.pem))],
    ["its own key in jwk", token(claims, ES256, { jwk: ES256.publicKey.export({ format: "jwk" }) })],
    ["another channel", token({ channel: "secret:2" })],
    ["another user", token({ ...claims, sub: "admin" })],
    ["no channel, as a session's", valid],
    ["a channel that is a list", token({ channel: ["secret:1"] })],
    ["no exp", token({ ...claims, exp: undefined })],
    ["an nbf in the future", token({ ...claims, nbf: now + hour })],
  ];

  it.each(faulty)("%s", async (_name, channelToken) => {
    const session = await arena.session({ token: valid });
    const channel = "secret:1";
    const reply = await session.request("subscribe", { channel, token: channelToken });
    expect(reply.ok).toBe(false);
    expect(["unauthorized", "forbidden"]).toContain(reply.error?.code);
    expect(await session.request("unsubscribe", { channel })).toMatchObject({
      error: { code: "not_subscribed" },
    });
  });
});

it("a token that has expired says so", async () => {
  const socket = await arena.socket();
  socket.send(`40${JSON.stringify({ token: token({ iat: now - 2 * hour, exp: now - hour }) })}`);
  expect(await connectError(socket)).toMatchObject({ code: "token_expired", retryable: false });
  expect(await socket.closed).toBe(noCode);
});

it("a token of 300 KB closes the socket unread", async () => {
  const socket = await arena.socket();
  socket.send(`40${JSON.stringify({ token: token({ info: "x".repeat(300 * 1_024) }) })}`);
  expect(await socket.closed).toBe(1009);
  expect(await arena.gateway.metric("tidegate_refusals_total", 'code="internal"')).toBe(0);
});

it("a refresh with the token of somebody else is forbidden", async () => {
  const session = await arena.session({ token: valid });
  const reply = await session.request("refresh", { token: token({ sub: "admin" }) });
  expect(reply).toMatchObject({ ok: false, error: { code: "forbidden" } });
});

it("a token in the URL is ignored", async () => {
  const path = `/socket.io/?EIO=4&transport=websocket&token=${valid}&auth=${valid}`;
  const socket = await arena.socket({ path });
  socket.send("40");
  expect(await connectError(socket)).toMatchObject({ code: "unauthorized" });
  expect(await socket.closed).toBe(noCode);
});

it("a token without a fault is let in", async () => {
  const session = await arena.session({ token: valid });
  expect(await session.next("welcome")).toMatchObject({ user: "mallory" });
});
