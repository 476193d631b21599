import { describe, expect, it } from "vitest";
import { useArena } from "./arena.ts";

const maxChannels = 4;
const arena = useArena({ env: { TIDEGATE_MAX_CHANNELS: `${maxChannels}` } });

const unfit: [name: string, channel: string][] = [
  ["0 bytes", ""],
  ["256 bytes", "x".repeat(256)],
  ["129 characters of 2 bytes", "é".repeat(128)],
  ["60,000 bytes", "x".repeat(60_000)],
  ["a space", "a b"],
  ["a space at the end", "a "],
  ["a space that does not break", "a\u00a0b"],
  ["a tab", "a\tb"],
  ["a line's end", "a\r\nb"],
  ["NUL", "a\u0000"],
  ["DEL", "a\u007f"],
  ["a C1 control character", "a\u0085b"],
  ["a line separator", "a\u2028b"],
  ["a turn of the direction", "a\u202eb"],
  ["a space of no width", "a\u200bb"],
  ["half a surrogate pair", "a\ud800"],
  ["the shape of a socket id", "AbCdEfGhIjKlMnOpQr-_"],
  ["a leading }", "}chat"],
];

describe("a name that no channel can have", () => {
  const requests = ["subscribe", "publish", "history", "presence"];

  it.each(unfit)("%s is bad_request in every request", async (_name, channel) => {
    const session = await arena.session();
    for (const event of requests) {
      const reply = await session.request(event, { channel, data: 1 });
      expect(reply).toMatchObject({ ok: false, error: { code: "bad_request", retryable: false } });
    }
    const reply = await session.request("unsubscribe", { channel });
    expect(reply).toMatchObject({ ok: false, error: { code: "not_subscribed" } });
  });

  it.each(unfit)("%s is refused among others, which are subscribed", async (_name, channel) => {
    const session = await arena.session();
    const reply = await session.request("subscribe", [{ channel: "a" }, { channel }, { channel: "b" }]);
    expect(reply).toMatchObject({
      ok: true,
      results: [
        { ok: true, channel: "a" },
        { ok: false, channel, error: { code: "bad_request" } },
        { ok: true, channel: "b" },
      ],
    });
  });

  it.each(unfit)("%s is refused in the welcome where a client resumes it", async (_name, channel) => {
    const token = await arena.gateway.token("mallory");
    const session = await arena.session({ token, resume: [{ channel, since: "start" }] });
    const { channels } = await session.next("welcome");
    expect(channels).toMatchObject([
      { ok: true, channel: "user:mallory" },
      { ok: false, channel, error: { code: "bad_request" } },
    ]);
  });
});

describe("a name at the edge of what is allowed", () => {
  it.each([
    ["1 byte", "x"],
    ["255 bytes", "x".repeat(255)],
    ["255 bytes of 3 bytes each", "汉".repeat(85)],
    ["19 characters", "x".repeat(19)],
    ["21 characters", "x".repeat(21)],
    ["a } behind the start", "a}"],
    ["a {hash tag}", "{a}"],
    ["joined emoji", "👩\u200d💻"],
    ["quotes and backslashes", '"\\"'],
    ["wildcards", "**"],
  ])("%s carries messages", async (_name, channel) => {
    const session = await arena.session();
    expect(await session.request("subscribe", { channel })).toMatchObject({ ok: true, channel });
    await session.request("publish", { channel, data: 1 });
    expect(await session.next("message")).toMatchObject({ channel, data: 1 });
  });
});

describe("the room of another connection", () => {
  it("is out of reach by its id", async () => {
    const victim = await arena.session({ token: await arena.gateway.token("victim") });
    const { connection } = await victim.next("welcome");
    const session = await arena.session();
    for (const event of ["subscribe", "publish", "history", "presence"]) {
      const reply = await session.request(event, { channel: connection, data: "for you alone" });
      expect(reply).toMatchObject({ ok: false, error: { code: "bad_request" } });
    }
    expect(victim.events("message")).toEqual([]);
  });

  it("is out of reach by its user, whether there is one or not", async () => {
    await arena.session({ token: await arena.gateway.token("victim") });
    const session = await arena.session();
    const answers = ["subscribe", "publish", "history", "presence"].map(async (event) => {
      const replies = ["user:victim", "user:nobody"].map((channel) =>
        session.request(event, { channel, data: 1, since: event === "history" ? "start" : undefined }),
      );
      const [present, absent] = await Promise.all(replies);
      expect(present).toMatchObject({ ok: false, error: { code: "forbidden" } });
      expect(absent).toEqual(present);
    });
    await Promise.all(answers);
  });
});

describe("more channels than a connection may hold", () => {
  const names = Array.from({ length: maxChannels }, (_, index) => `many:${index}`);

  it("are limit_exceeded one by one", async () => {
    const session = await arena.session();
    const replies = await Promise.all(names.map((channel) => session.request("subscribe", { channel })));
    // The user's own channel is one of them.
    expect(replies.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    expect(replies.at(-1)).toMatchObject({ ok: false, error: { code: "limit_exceeded" } });
    // The witness holds two.
    await expect.poll(() => arena.gateway.metric("tidegate_subscriptions")).toBe(maxChannels + 2);
  });

  it("are limit_exceeded in one frame, each in its place", async () => {
    const session = await arena.session();
    const reply = await session.request(
      "subscribe",
      names.map((channel) => ({ channel })),
    );
    const outcomes = names.map((channel, index) =>
      index < maxChannels - 1 ? { ok: true, channel } : { ok: false, error: { code: "limit_exceeded" } },
    );
    expect(reply).toMatchObject({ ok: true, results: outcomes });
  });

  it("are limit_exceeded where a client resumes a thousand", async () => {
    const resume = Array.from({ length: 1_000 }, (_, index) => ({ channel: `resumed:${index}` }));
    const session = await arena.session({ token: await arena.gateway.token("glutton"), resume });
    const welcome = await session.next("welcome");
    const channels = welcome.channels as { ok: boolean; error?: { code: string } }[];
    expect(channels).toHaveLength(1_001);
    expect(channels.filter(({ ok }) => ok)).toHaveLength(maxChannels);
    const refusals = channels.filter(({ ok }) => !ok);
    expect(refusals.every(({ error }) => error?.code === "limit_exceeded")).toBe(true);
  });

  it("make room again as others are left", async () => {
    const session = await arena.session();
    for (const channel of names) {
      expect(await session.request("subscribe", { channel })).toMatchObject(
        channel === names.at(-1) ? { error: { code: "limit_exceeded" } } : { ok: true },
      );
    }
    await session.request("unsubscribe", { channel: names[0] });
    expect(await session.request("subscribe", { channel: names.at(-1) })).toMatchObject({ ok: true });
  });
});
