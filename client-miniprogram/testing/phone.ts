import type { Clock } from "../src/clock.ts";
import { systemClock } from "../src/clock.ts";
import { type HostBehaviour, type HostName, hosts } from "./hosts.ts";
import { internet, type Network } from "./network.ts";
import { SimulatedSocket } from "./socket.ts";
import { Thread, type WakeOrder } from "./thread.ts";
import { type DialArguments, SimulatedWx } from "./wx.ts";

export type NetworkType = "wifi" | "2g" | "3g" | "4g" | "5g" | "unknown" | "none";

export interface PhoneOptions extends HostBehaviour {
  /** A host that differs; what else is said of its behaviour comes first. */
  like?: HostName;
  /** Where sockets lead; real WebSockets where absent. */
  network?: Network;
  /** Time to run on; the machine's where absent. */
  clock?: Clock;
  /** The code runs in a plugin, which learns nothing of the background. */
  plugin?: boolean;
  /** The mini-program's app id; where absent the platform does not have it, as old base libraries. */
  appId?: string;
}

const socketLimit = 5;
const suspendAfter = 5_000;
/** How long a socket may take to open: the platform's `networkTimeout` where the app sets none. */
const openPatience = 60_000;

/** A phone with a mini-program on it. What happens to phones happens through its methods; `wx` is what the app sees. */
export class Phone {
  /** The platform's API: pass it as `host`, or make it the global `wx`. */
  readonly wx: SimulatedWx;
  /** The time of the app's thread: its timers stop when the thread does. Pass it as `clock`. */
  readonly clock: Clock;
  /** Sockets that the app has opened so far. */
  opened = 0;
  /** Codes that `wx.login` has handed out. */
  readonly codes: string[] = [];
  /** When `wx.login` was called, in milliseconds of the clock. */
  readonly logins: number[] = [];
  /** While true, closed sockets do not say so. */
  loseCloseEvents = false;
  /** While true, `wx.login` fails. */
  failLogin = false;
  networkType: NetworkType = "wifi";
  readonly #options: Omit<PhoneOptions, "like">;
  readonly #base: Clock;
  readonly #thread = new Thread();
  readonly #sockets = new Set<SimulatedSocket>();
  #suspension: unknown;
  #hidden = false;

  constructor({ like = "wechat", ...given }: PhoneOptions = {}) {
    const options = { ...hosts[like], ...given };
    this.#options = options;
    this.#base = options.clock ?? systemClock;
    this.clock = {
      now: () => this.#base.now(),
      setTimeout: (callback, milliseconds) => {
        const timer: { cancelled: boolean; base?: unknown } = { cancelled: false };
        timer.base = this.#base.setTimeout(() => {
          this.#thread.run("timer", () => {
            if (!timer.cancelled) callback();
          });
        }, milliseconds);
        return timer;
      },
      clearTimeout: (handle) => {
        const timer = handle as { cancelled: boolean; base?: unknown };
        timer.cancelled = true;
        this.#base.clearTimeout(timer.base);
      },
    };
    this.wx = new SimulatedWx({
      dial: (url, options) => this.#dial(url, options),
      run: (task) => queueMicrotask(() => this.#thread.run("event", task)),
      login: () => this.#login(),
      appId: options.appId,
      tasks: options.tasks ?? "direct",
      alipay: options.alipay ?? false,
      plugin: options.plugin ?? false,
    });
  }

  /** Sockets that are open or opening; the platform allows 5. */
  get sockets(): number {
    return this.#sockets.size;
  }

  get hidden(): boolean {
    return this.#hidden;
  }

  /** Lock screen, capsule button or Home: after 5 seconds the thread stops and the sockets are interrupted. */
  hide(): void {
    if (this.#hidden) return;
    this.#hidden = true;
    this.#thread.run("event", () => this.wx.fire("AppHide", {}));
    this.#suspension = this.#base.setTimeout(() => this.suspend(), suspendAfter);
  }

  /** Skips what is left of the 5 seconds. */
  suspend(): void {
    this.#base.clearTimeout(this.#suspension);
    this.#thread.freeze();
    for (const socket of [...this.#sockets]) {
      socket.interrupt(this.#options.interruptCode ?? 1000, this.loseCloseEvents);
    }
  }

  /** The user is back. */
  show(order: WakeOrder = "as-it-came"): void {
    if (!this.#hidden) return;
    this.#hidden = false;
    this.#base.clearTimeout(this.#suspension);
    // Closing events of the suspension reach the thread's queue in the next microtask.
    queueMicrotask(() => this.#thread.thaw(order, () => this.wx.fire("AppShow", {})));
  }

  /** The thread stops without a word: no `onAppHide`, no closed socket. */
  freeze(): void {
    this.#thread.freeze();
  }

  thaw(order: WakeOrder = "as-it-came"): void {
    this.#thread.thaw(order);
  }

  /** Another network, or none. Sockets of the old one receive nothing any more, and no event says so. */
  changeNetwork(networkType: NetworkType): void {
    this.networkType = networkType;
    this.breakSockets();
    this.tellOfNetwork();
  }

  /** The platform tells of a change, and nothing has changed. */
  tellOfNetwork(): void {
    const event = { isConnected: this.networkType !== "none", networkType: this.networkType };
    this.#thread.run("event", () => this.wx.fire("NetworkStatusChange", event));
  }

  /** The sockets stop without a close. */
  breakSockets(): void {
    for (const socket of this.#sockets) socket.breakSilently();
  }

  /** The sockets are closed from outside. */
  abortSockets(): void {
    for (const socket of [...this.#sockets]) socket.abort();
  }

  /** Ends it: everything is closed, and nothing is heard any more. */
  turnOff(): void {
    this.#base.clearTimeout(this.#suspension);
    this.#thread.freeze();
    for (const socket of [...this.#sockets]) socket.interrupt(1000, true);
  }

  #dial(url: string, { timeout = openPatience, ...dialOptions }: DialArguments): SimulatedSocket | string {
    if (this.#sockets.size >= socketLimit) {
      return "createSocketTask:fail wcwss taskID=9 exceed max concurrent count";
    }
    this.opened += 1;
    const network = this.networkType === "none" ? unreachable : (this.#options.network ?? internet);
    const socket: SimulatedSocket = new SimulatedSocket({
      url,
      dialOptions,
      network,
      thread: this.#thread,
      late: this.#options.tasks === "late",
      alipay: this.#options.alipay ?? false,
      keepsOpening: this.#options.keepsOpening ?? false,
      refuses: () => this.#hidden && this.#options.refusesInBackground === true,
      onGone: () => {
        this.#base.clearTimeout(patience);
        this.#sockets.delete(socket);
      },
    });
    const patience = this.#base.setTimeout(() => socket.giveUp(), timeout);
    this.#sockets.add(socket);
    return socket;
  }

  #login(): { code: string } | string {
    this.logins.push(this.#base.now());
    if (this.failLogin) return "login:fail";
    const code = `code-${this.codes.length + 1}`;
    this.codes.push(code);
    return { code };
  }
}

const unreachable: Network = (_url, events) => {
  queueMicrotask(() => events.error("request:fail network unreachable"));
  return { send() {}, close() {} };
};
