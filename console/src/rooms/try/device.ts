/*
 * One phone: the client package's own simulated platform, the real client on it, and a small app over the client. What
 * happens to phones happens through the platform; the app knows only what the client tells it, as in a mini-program.
 */

import { batch, signal } from "@preact/signals";
import {
  type Channel,
  connect,
  type LogDetail,
  type LogEvent,
  type State,
  type Tide,
} from "tidegate-miniprogram";
import { type NetworkType, Phone } from "tidegate-miniprogram/testing";
import { type App, channels, gatewayAddress, isCounted, load, tokenFor } from "./backend.ts";
import { type Counts, type Ledger, noCounts } from "./ledger.ts";
import { blank, type Screen, withMessage } from "./screen.ts";

/** How long WeChat lets an app run in the background, in milliseconds; the platform's own figure. */
export const suspendAfter = 5_000;
const airplaneTime = 60_000;
/** Events that a phone's log keeps. */
const logged = 30;

export interface Happened {
  key: number;
  time: number;
  what: string;
  channel?: string;
  detail?: string | number;
}

export interface Recovered {
  count: number;
  milliseconds: number;
}

export class Device {
  readonly user: string;
  readonly screen = signal<Screen>(blank);
  readonly state = signal<State>("connecting");
  readonly reason = signal("");
  readonly network = signal<NetworkType>("wifi");
  /** Unix milliseconds. */
  readonly hiddenAt = signal<number | undefined>(undefined);
  readonly isFrozen = signal(false);
  /** Unix milliseconds when the airplane lands. */
  readonly landsAt = signal<number | undefined>(undefined);
  readonly log = signal<readonly Happened[]>([]);
  readonly recovered = signal<Recovered | undefined>(undefined);
  readonly present = signal(0);
  readonly counts = signal<Counts>(noCounts);
  readonly #phone = new Phone();
  readonly #ledger: Ledger;
  readonly #changed: () => void;
  readonly #rooms = new Map<App, Channel>();
  #tide: Tide | undefined;
  #airplane: ReturnType<typeof setTimeout> | undefined;
  #suspension: ReturnType<typeof setTimeout> | undefined;
  #happenings = 0;
  /** What it has missed when it is back, until all of it is there. */
  #missed: { count: number; since: number } | undefined;
  #isOver = false;

  /** @param changed is called where the counts may have changed */
  constructor(user: string, ledger: Ledger, changed: () => void) {
    this.user = user;
    this.#ledger = ledger;
    this.#changed = changed;
  }

  /** Loads the app's state from the backend, as an app does, then follows its channels from there. @throws CallError */
  async start(): Promise<void> {
    const apps = Object.keys(channels) as App[];
    const loaded = await Promise.all(apps.map((app) => load(channels[app])));
    const counted = await Promise.all(apps.map((app) => isCounted(channels[app])));
    // A gateway that signs no tokens is found out here, and not by a phone that never gets in.
    await tokenFor(this.user);
    if (this.#isOver) return;
    const { wx: host, clock } = this.#phone;
    const token = () => tokenFor(this.user);
    const log = (event: LogEvent, detail: LogDetail) => this.#note(event, detail);
    const tide = connect(gatewayAddress(), { host, clock, token, log });
    this.#tide = tide;
    tide.on("state", (state, reason) => {
      this.state.value = state;
      this.reason.value = reason ? `${reason.code}: ${reason.message}` : "";
    });
    for (const [index, app] of apps.entries()) {
      const { messages = [], position } = loaded[index] ?? {};
      this.#show(app, messages);
      if (position !== undefined && counted[index]) this.#ledger.begin(this.user, channels[app], position);
      this.#follow(tide, app, position);
    }
  }

  /** To the background. */
  hide(): void {
    if (this.hiddenAt.value !== undefined) return;
    this.#phone.hide();
    this.hiddenAt.value = Date.now();
    this.#happened("hide");
    this.#suspension = setTimeout(() => this.#happened("suspend"), suspendAfter);
  }

  show(): void {
    this.#back();
    clearTimeout(this.#suspension);
    this.#phone.show();
    // The platform wakes the thread with it.
    batch(() => {
      this.hiddenAt.value = undefined;
      this.isFrozen.value = false;
    });
    this.#happened("show");
  }

  freeze(): void {
    this.#phone.freeze();
    this.isFrozen.value = true;
    this.#happened("freeze");
  }

  thaw(): void {
    this.#back();
    this.#phone.thaw();
    this.isFrozen.value = false;
    this.#happened("thaw");
  }

  /** No network, or the one before. */
  kill(): void {
    this.#turnTo("none", "kill");
  }

  restore(): void {
    clearTimeout(this.#airplane);
    this.landsAt.value = undefined;
    this.#back();
    this.#turnTo("wifi", "restore");
  }

  roam(): void {
    this.#back();
    this.#turnTo(this.network.value === "wifi" ? "4g" : "wifi", "roam");
  }

  airplane(): void {
    this.kill();
    this.landsAt.value = Date.now() + airplaneTime;
    this.#airplane = setTimeout(() => this.restore(), airplaneTime);
  }

  say(text: string): void {
    this.#publish("chat", { text });
  }

  /** Changes the list: adds, ticks or removes an entry. */
  change(change: { op: "add" | "done" | "remove"; id: string; text?: string }): void {
    this.#publish("list", change);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#airplane);
    clearTimeout(this.#suspension);
    this.#tide?.close();
    this.#phone.turnOff();
    this.#ledger.end(this.user);
    this.#changed();
  }

  /** Counts anew, and looks whether all that was missed is there. */
  look(): void {
    this.counts.value = this.#ledger.counts(this.user);
    if (!this.#missed || this.counts.value.waiting > 0) return;
    const { count, since } = this.#missed;
    this.#missed = undefined;
    if (count > 0) this.recovered.value = { count, milliseconds: Math.round(performance.now() - since) };
  }

  #turnTo(network: NetworkType, what: string): void {
    this.#phone.changeNetwork(network);
    this.network.value = network;
    this.#happened(what);
  }

  /** Whatever it was away for is over: from here on it catches up. */
  #back(): void {
    this.#missed = { count: this.#ledger.counts(this.user).waiting, since: performance.now() };
    this.recovered.value = undefined;
  }

  #follow(tide: Tide, app: App, since: string | undefined): void {
    const channel = channels[app];
    const room = tide.channel(channel, { presence: app === "chat", ...(since !== undefined && { since }) });
    this.#rooms.set(app, room);
    room.on("message", (message) => {
      if (message.position) this.#ledger.received(this.user, channel, message.position);
      this.screen.value = withMessage(this.screen.value, app, message);
      this.#changed();
    });
    room.on("reset", () => {
      // What was missed cannot be had any more: the state is loaded anew, as the documentation asks of apps.
      if (room.position) this.#ledger.toldReset(this.user, channel, room.position);
      load(channel).then(
        ({ messages }) => this.#show(app, messages, true),
        () => {},
      );
      this.#changed();
    });
    room.on("presence", (users) => {
      if (app === "chat") this.present.value = users.length;
    });
    room.on("error", ({ code }) => this.#happened("refused", channel, code));
  }

  #show(app: App, messages: readonly { data: unknown; time: number }[], isAnew = false): void {
    const before = isAnew ? { ...this.screen.value, [app]: blank[app] } : this.screen.value;
    this.screen.value = messages.reduce((screen, message) => withMessage(screen, app, message), before);
  }

  #publish(app: App, data: unknown): void {
    const channel = channels[app];
    this.#rooms
      .get(app)
      ?.publish(data)
      .then(
        ({ position }) => {
          if (position) this.#ledger.stored(channel, position);
          this.#changed();
        },
        ({ code }) => this.#happened("refused", channel, String(code)),
      );
  }

  #note(event: LogEvent, detail: LogDetail): void {
    if (event === "subscribe") {
      const { outcome, channel, messages } = detail;
      const name = String(channel);
      if (outcome === "recovered" && messages) this.#happened("recovered", name, Number(messages));
      else if (outcome === "reset") this.#happened("reset", name);
    } else if (event !== "retry") this.#happened(event, undefined, detail.code as string | undefined);
  }

  #happened(what: string, channel?: string, detail?: string | number): void {
    this.#happenings += 1;
    const entry: Happened = { key: this.#happenings, time: Date.now(), what };
    if (channel !== undefined) entry.channel = channel;
    if (detail !== undefined) entry.detail = detail;
    this.log.value = [entry, ...this.log.value].slice(0, logged);
  }
}
