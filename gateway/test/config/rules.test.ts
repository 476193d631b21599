import { describe, expect, it } from "vitest";
import { parseFile } from "../../src/config/file.ts";

function rulesOf(text: string) {
  const parsed = parseFile(text, "channels.yaml");
  if ("faults" in parsed) throw new Error(parsed.faults.join("\n"));
  return parsed.rules;
}

function faultsOf(text: string): string[] {
  const parsed = parseFile(text, "channels.yaml");
  return "faults" in parsed ? parsed.faults : [];
}

/** The faults of one rule that is written on the file's second line, from column 5. */
function ruleFaults(members: string): string[] {
  return faultsOf(`channels:\n - {${members}}`);
}

const ruleKeys = "match, subscribe, publish, presence, history, rate, latest, conflate";
const readers = "one of nobody, anyone, user, token, subscriber";
const publishers = `${readers}, hook`;
const fileKeys = "channels, hooks, settle, limits";
const pattern = 'a pattern of channel names, such as "chat:*"';
const personal =
  "a personal channel's permissions cannot be changed; a rule for user: may have history only, with size and ttl";

describe("rules", () => {
  it("are read in full", () => {
    const text = `
channels:
  - match: "chat:*"
    subscribe: user
    publish: subscriber
    presence: {read: user, events: true, linger: 0s}
    history: {size: 200, ttl: 30m, read: token}
    rate: {publish: 10/s, burst: 20}
  - match: "quote:*"
    subscribe: anyone
    history: {size: 1, ttl: 1h}
    latest: true
    conflate: 200ms`;
    expect(rulesOf(text)).toEqual([
      {
        match: "chat:*",
        subscribe: "user",
        publish: "subscriber",
        presence: { read: "user", events: true, linger: 0 },
        history: { size: 200, ttl: 1_800_000, read: "token" },
        rate: { publish: 10, burst: 20 },
        latest: false,
      },
      {
        match: "quote:*",
        subscribe: "anyone",
        publish: "nobody",
        history: { size: 1, ttl: 3_600_000, read: "subscriber" },
        latest: true,
        conflate: 200,
      },
    ]);
  });

  it("let nobody do anything where they say nothing", () => {
    expect(rulesOf("channels: [{match: a}]")).toEqual([
      { match: "a", subscribe: "nobody", publish: "nobody", latest: false },
    ]);
  });

  it("may be none", () => expect(rulesOf("channels: []")).toEqual([]));

  it.each([
    ["presence: user", { presence: { read: "user", events: false, linger: 10_000 } }],
    ["presence: {}", { presence: { read: "subscriber", events: false, linger: 10_000 } }],
    ["rate: {publish: 5/s}", { rate: { publish: 5, burst: 5 } }],
    ["rate: {publish: 90/m}", { rate: { publish: 1.5, burst: 2 } }],
    ["rate: {publish: 1/m}", { rate: { publish: 1 / 60, burst: 1 } }],
    ["history: {size: 1, ttl: 1ms}, conflate: 1ms", { latest: true, conflate: 1 }],
    [
      "history: {size: 10000, ttl: 30d}",
      { history: { size: 10_000, ttl: 2_592_000_000, read: "subscriber" } },
    ],
  ])("complete %j", (members, part) => {
    expect(rulesOf(`channels: [{match: a, ${members}}]`)).toMatchObject([part]);
  });

  it("for personal channels may change the history", () => {
    expect(rulesOf('channels: [{match: "user:*", history: {size: 9, ttl: 1h}}]')).toMatchObject([
      { match: "user:*", history: { size: 9, ttl: 3_600_000, read: "subscriber" } },
    ]);
  });

  it("may share parts by an alias", () => {
    const text = "channels:\n- {match: a, history: &h {size: 1, ttl: 1h}}\n- {match: b, history: *h}";
    expect(rulesOf(text)[1]?.history).toEqual({ size: 1, ttl: 3_600_000, read: "subscriber" });
  });
});

describe("a fault of a rule", () => {
  it.each([
    [
      "match: a, subscribe: all",
      '2:26 channels[0].subscribe: expected one of nobody, anyone, user, token, hook, got "all"',
    ],
    [
      "match: a, subscribe: subscriber",
      '2:26 channels[0].subscribe: expected one of nobody, anyone, user, token, hook, got "subscriber"',
    ],
    ["match: a, publish: 1", `2:24 channels[0].publish: expected ${publishers}, got 1`],
    ["match: a, presence: all", `2:25 channels[0].presence: expected ${readers}, got "all"`],
    ["match: a, presence: {read: all}", `2:32 channels[0].presence.read: expected ${readers}, got "all"`],
    [
      "match: a, presence: {linger: 6m}",
      '2:34 channels[0].presence.linger: expected a duration from 0s to 5m, got "6m"',
    ],
    ["match: a, presence: {events: 1}", "2:34 channels[0].presence.events: expected true or false, got 1"],
    [
      "match: a, presence: {foo: 1}",
      "2:26 channels[0].presence.foo: not a key here; the keys are read, events, linger",
    ],
    [
      "match: a, presence: [x]",
      "2:25 channels[0].presence: expected who may read it, or a mapping with read, events and linger, got a list",
    ],
    [
      "match: a, history: 30m",
      '2:24 channels[0].history: expected a mapping with size, ttl and read, got "30m"',
    ],
    [
      "match: a, history: {ttl: 1h}",
      "2:24 channels[0].history.size: expected a whole number from 1 to 10000, got nothing",
    ],
    [
      "match: a, history: {size: 0, ttl: 1h}",
      "2:31 channels[0].history.size: expected a whole number from 1 to 10000, got 0",
    ],
    [
      "match: a, history: {size: 10001, ttl: 1h}",
      "2:31 channels[0].history.size: expected a whole number from 1 to 10000, got 10001",
    ],
    [
      "match: a, history: {size: 1.5, ttl: 1h}",
      "2:31 channels[0].history.size: expected a whole number from 1 to 10000, got 1.5",
    ],
    [
      "match: a, history: {size: 1, ttl: abc}",
      '2:39 channels[0].history.ttl: expected a duration such as 30m, at most 30d, got "abc"',
    ],
    [
      "match: a, history: {size: 1, ttl: 30}",
      "2:39 channels[0].history.ttl: expected a duration such as 30m, at most 30d, got 30",
    ],
    [
      "match: a, history: {size: 1, ttl: 0s}",
      '2:39 channels[0].history.ttl: expected a duration such as 30m, at most 30d, got "0s"',
    ],
    [
      "match: a, history: {size: 1, ttl: 31d}",
      '2:39 channels[0].history.ttl: expected a duration such as 30m, at most 30d, got "31d"',
    ],
    [
      "match: a, history: {size: 1, ttl: 1h, read: x}",
      `2:49 channels[0].history.read: expected ${readers}, got "x"`,
    ],
    ["match: a, rate: 10/s", '2:21 channels[0].rate: expected a mapping with publish and burst, got "10/s"'],
    [
      "match: a, rate: {burst: 1}",
      "2:21 channels[0].rate.publish: expected a rate such as 10/s or 30/m, got nothing",
    ],
    [
      "match: a, rate: {publish: 10}",
      "2:31 channels[0].rate.publish: expected a rate such as 10/s or 30/m, got 10",
    ],
    [
      "match: a, rate: {publish: 1/s, burst: 0}",
      "2:43 channels[0].rate.burst: expected a whole number from 1 to 1000000, got 0",
    ],
    ["match: a, latest: yes", '2:23 channels[0].latest: expected true or false, got "yes"'],
    [
      "match: a, latest: true",
      "2:23 channels[0].latest: latest needs history; add history: {size: 1, ttl: 1h}",
    ],
    [
      "match: a, conflate: 1s",
      "2:25 channels[0].conflate: latest needs history; add history: {size: 1, ttl: 1h}",
    ],
    [
      "match: a, conflate: 2h, history: {size: 1, ttl: 1h}",
      '2:25 channels[0].conflate: expected a duration such as 200ms, at most 1h, got "2h"',
    ],
    [
      "match: a, conflate: 1s, latest: false, history: {size: 1, ttl: 1h}",
      "2:37 channels[0].latest: conflate implies latest; leave latest out or make it true",
    ],
    ["match: a, color: red", `2:15 channels[0].color: not a key here; the keys are ${ruleKeys}`],
    ["subscribe: user", `2:4 channels[0].match: expected ${pattern}, got nothing`],
    ["match: [a]", `2:12 channels[0].match: expected ${pattern}, got a list`],
    ["match: 'user:*', publish: user", `2:31 channels[0].publish: ${personal}`],
    [
      "match: 'user:*', history: {size: 1, ttl: 1h, read: anyone}",
      `2:56 channels[0].history.read: ${personal}`,
    ],
  ])("%s", (members, fault) => expect(ruleFaults(members)).toEqual([`channels.yaml:${fault}`]));

  it.each(["", "a b", "a\u200Bb", "}x", "abcdefghij0123456789", "é".repeat(128), "\u0000"])(
    "names the pattern %j, which no channel can match",
    (match) => {
      expect(ruleFaults(`match: ${JSON.stringify(match)}`)[0]).toContain(
        `channels.yaml:2:12 channels[0].match: expected ${pattern}, got ${JSON.stringify(match).slice(0, 79)}`,
      );
    },
  );

  it("is told with all the others, in their order", () => {
    const text = `channels:
  - match: a
    latest: true
    color: red
    publish: all
  - 7
more: 1`;
    expect(faultsOf(text)).toEqual([
      "channels.yaml:3:13 channels[0].latest: latest needs history; add history: {size: 1, ttl: 1h}",
      `channels.yaml:4:5 channels[0].color: not a key here; the keys are ${ruleKeys}`,
      `channels.yaml:5:14 channels[0].publish: expected ${publishers}, got "all"`,
      "channels.yaml:6:5 channels[1]: expected a rule, a mapping with match, got 7",
      `channels.yaml:7:1 more: not a key here; the keys are ${fileKeys}`,
    ]);
  });

  it("does not make a faulty history a missing one", () => {
    expect(ruleFaults("match: a, latest: true, history: {size: 0, ttl: 1h}")).toEqual([
      "channels.yaml:2:45 channels[0].history.size: expected a whole number from 1 to 10000, got 0",
    ]);
  });

  it("refuses every permission of a personal channel", () => {
    const members =
      "match: 'user:1', subscribe: user, publish: user, presence: user, rate: {publish: 1/s}, latest: true, conflate: 1s";
    expect(ruleFaults(members).map((fault) => fault.split(" ")[1])).toEqual(
      ["subscribe", "publish", "presence", "rate", "latest", "conflate"].map((key) => `channels[0].${key}:`),
    );
  });
});

describe("a fault of the file", () => {
  it.each([
    ["", ["1:1 expected a mapping with the key channels, got nothing"]],
    ["[]", ["1:1 expected a mapping with the key channels, got a list"]],
    ["{}", ["1:1 channels: expected a list of rules, got nothing"]],
    ["channels: {}", ["1:11 channels: expected a list of rules, got a mapping"]],
    ["channels:\n- match: a\n  match: b", ["3:3 Map keys must be unique"]],
    ["channels: []\nchannels: []", ["2:1 Map keys must be unique"]],
    ["channels:\n- match: !no a", ["2:10 Unresolved tag: !no"]],
    [
      "x: &x [a]\nchannels: *x",
      [
        `1:1 x: not a key here; the keys are ${fileKeys}`,
        "2:11 channels: expected a rule, a mapping with match, got the alias *x",
      ],
    ],
  ])("%j", (text, faults) => expect(faultsOf(text)).toEqual(faults.map((fault) => `channels.yaml:${fault}`)));

  it("in its syntax is told with its line", () => {
    expect(faultsOf("channels:\n  - match: [a")).toEqual([
      expect.stringMatching(/^channels\.yaml:2:14 Flow sequence in block collection .* end with a \]$/),
    ]);
  });

  it.each([
    ["channels: *x", "Unresolved alias"],
    [
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(10)}]\nc: &c [${"*b,".repeat(10)}]\nchannels: [*c, *c]`,
      "Excessive alias count",
    ],
  ])("in its aliases is told", (text, message) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(`channels.yaml ${message}`)]);
  });
});
