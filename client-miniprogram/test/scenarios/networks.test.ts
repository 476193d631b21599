import { afterEach, expect, it } from "vitest";
import { ManualClock, type Network, type Phone } from "../../testing/index.ts";
import { startApp, stopApps } from "../support/apps.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

const url = "wss://gateway.test";
const second = 1_000;

afterEach(stopApps);

/** A network on which each dial takes so long, and none succeeds while it is down. Time on it is the clock's. */
class Road {
  up = true;
  readonly network: Network;

  constructor(clock: ManualClock, gateway: ScriptedGateway, dialTime: number) {
    this.network = (address, events, options) => {
      const wire = { send: (_: string | ArrayBuffer) => {}, close: (_code: number, _reason: string) => {} };
      clock.setTimeout(() => {
        // Nobody answers in a tunnel: not a refusal, nothing.
        if (this.up) Object.assign(wire, gateway.network(address, events, options));
      }, dialTime);
      return { send: (data) => wire.send(data), close: (code, reason) => wire.close(code, reason) };
    };
  }
}

function start(options: { like?: "wechat" | "dimina"; dialTime?: number } = {}) {
  const { like = "wechat", dialTime = 400 } = options;
  const clock = new ManualClock();
  const gateway = new ScriptedGateway();
  const expiresAt = clock.now() + 3_600 * second;
  gateway.answers = [{ welcome: { token: "issued", time: clock.now(), expiresAt } }];
  const road = new Road(clock, gateway, dialTime);
  const app = startApp(url, { login: "wechat" }, { clock, like, network: road.network });
  return { ...app, gateway, road };
}

/** Lets time go on, step by step. @returns the part of it in which the client was online */
async function live(
  { clock, tide }: Pick<ReturnType<typeof start>, "clock" | "tide">,
  milliseconds: number,
  each: (elapsed: number) => void = () => {},
): Promise<number> {
  const step = 50;
  let online = 0;
  for (let elapsed = 0; elapsed < milliseconds; elapsed += step) {
    each(elapsed);
    clock.advance(step);
    await turn(0);
    if (tide.state === "online") online += step;
  }
  return online / milliseconds;
}

/** The most calls of `wx.login` in any minute. */
function mostLogins({ logins }: Phone): number {
  return Math.max(
    ...logins.map((at) => logins.filter((other) => other >= at && other < at + 60 * second).length),
  );
}

it("where a change is told every 300 ms the client is online for nine tenths of the time", async () => {
  const app = start();
  const online = await live(app, 60 * second, (elapsed) => {
    if (elapsed % 300 === 0) app.phone.tellOfNetwork();
  });
  expect(online).toBeGreaterThan(0.9);
  expect(mostLogins(app.phone)).toBeLessThanOrEqual(10);
});

it("where attempts take longer than the changes are apart it is online as well", async () => {
  const app = start({ dialTime: 3 * second });
  const online = await live(app, 60 * second, (elapsed) => {
    if (elapsed % 1_000 === 0) app.phone.tellOfNetwork();
  });
  expect(online).toBeGreaterThan(0.7);
});

it("where the sockets die with each change it is online for most of what the network leaves", async () => {
  const app = start();
  await until(() => app.tide.state === "online", app.clock);
  const online = await live(app, 60 * second, (elapsed) => {
    if (elapsed % 5_000 === 0) app.phone.changeNetwork(elapsed % 10_000 === 0 ? "4g" : "wifi");
  });
  expect(online).toBeGreaterThan(0.8);
  expect(mostLogins(app.phone)).toBeLessThanOrEqual(10);
});

it("asks for no more than ten logins a minute, whatever happens", async () => {
  const app = start();
  app.gateway.answers = ["close"];
  await live(app, 120 * second, (elapsed) => {
    if (elapsed % 700 === 0) app.phone.changeNetwork(elapsed % 1_400 === 0 ? "none" : "4g");
  });
  expect(app.phone.logins.length).toBeGreaterThan(5);
  expect(mostLogins(app.phone)).toBeLessThanOrEqual(10);
});

it.each(["wechat", "dimina"] as const)(
  "on %s is online at once after a tunnel that is told of",
  async (like) => {
    const app = start({ like });
    await until(() => app.tide.state === "online", app.clock);
    app.road.up = false;
    app.phone.changeNetwork("none");
    await live(app, 61 * second);
    app.road.up = true;
    app.phone.changeNetwork("4g");
    const since = app.clock.now();
    await until(() => app.tide.state === "online", app.clock);
    expect(app.clock.now() - since).toBeLessThan(4 * second);
  },
);

it("is online within 20 s after a tunnel of which the platform says nothing", async () => {
  const app = start({ like: "dimina" });
  await until(() => app.tide.state === "online", app.clock);
  app.road.up = false;
  app.phone.abortSockets();
  await live(app, 61 * second);
  app.road.up = true;
  const since = app.clock.now();
  await until(() => app.tide.state === "online", app.clock);
  expect(app.clock.now() - since).toBeLessThan(20 * second);
});

it("keeps places free on a platform that closes no socket before it has opened", async () => {
  const app = start({ like: "dimina" });
  await until(() => app.tide.state === "online", app.clock);
  app.road.up = false;
  let most = 0;
  await live(app, 20 * second, (elapsed) => {
    if (elapsed % 3_300 === 0) app.phone.changeNetwork(elapsed % 6_600 === 0 ? "4g" : "wifi");
    most = Math.max(most, app.phone.sockets);
  });
  app.road.up = true;
  const since = app.clock.now();
  app.phone.changeNetwork("4g");
  await until(() => app.tide.state === "online", app.clock);
  expect(most).toBeLessThan(5);
  expect(app.clock.now() - since).toBeLessThan(10 * second);
});

it("keeps its socket through glances at other apps, where the platform refuses calls in the background", async () => {
  const app = start({ like: "dimina" });
  await until(() => app.tide.state === "online", app.clock);
  for (let glance = 0; glance < 7; glance += 1) {
    app.phone.hide();
    app.clock.advance(700);
    await turn();
    app.phone.show();
    await turn();
    app.clock.advance(700);
  }
  await turn();
  expect([app.tide.state, app.phone.sockets, app.phone.opened]).toEqual(["online", 1, 1]);
});
